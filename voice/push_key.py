"""The key pair a push service knows this installation by (VAPID, RFC 8292), made from the secret key.

So nothing more has to be kept, backed up or shared between machines. With another secret key it is another one, and
the pages ask their browsers anew.
"""

import functools
import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid.utils import b64urlencode

# The order of the curve P-256 (SEC 2, 2.4.2): a private key is a number from 1 to one below it.
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@functools.lru_cache(maxsize=4)
def private(secret: str) -> ec.EllipticCurvePrivateKey:
    """The private key that belongs to this secret key."""
    # 64 bytes for a number of 32: what is left of the bias of `%` is far too small to matter (FIPS 186-5, A.2.1).
    number = int.from_bytes(hmac.digest(secret.encode(), b"web push", hashlib.sha512))
    return ec.derive_private_key(1 + number % (ORDER - 1), ec.SECP256R1())


@functools.lru_cache(maxsize=4)
def public(secret: str) -> str:
    """The public key as pages hand it to the browser: an uncompressed point, base64url."""
    point = private(secret).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return str(b64urlencode(point))
