"""What `SMTP_URL` and `MAIL_FROM` say: which server takes our letters, and whose name is on them."""

from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr
from ipaddress import ip_address
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

EXAMPLE = "smtp://user:password@mail.example.com:587"
PORTS = {"smtp": 587, "smtps": 465}
TLS = Literal["from the start", "after hello", "none"]


@dataclass(frozen=True)
class MailServer:
    """Where letters are handed in. `user` is empty where the server asks for none; the password is in no repr."""

    host: str
    port: int
    tls: TLS
    user: str = ""
    password: str = field(default="", repr=False)


def server(url: str) -> MailServer:
    """Read an `SMTP_URL`. ValueError with what is wrong and how to write it, never with the password in it.

    `smtp://` asks for STARTTLS unless it says `?starttls=no`, which is for this machine, or for a server that is given
    no password; to this machine it is not asked for. `smtps://` is encrypted from the start.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(f"must look like {EXAMPLE}; write special characters of the password as %40.") from None
    if parts.scheme not in PORTS or not parts.hostname or parts.path not in ("", "/") or parts.fragment:
        raise ValueError(f"must look like {EXAMPLE} (or smtps://… where it is encrypted from the start).")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise ValueError(f"must hold both a user and a password, or neither: {EXAMPLE}.")
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    if asked.keys() - {"starttls"} or asked.get("starttls", "yes") not in ("yes", "no"):
        raise ValueError("may say ?starttls=yes or ?starttls=no, and nothing else.")
    local = _is_local(parts.hostname)
    tls = _tls(parts.scheme, asked.get("starttls", "no" if local else "yes"))
    if tls == "none" and password and not local:
        raise ValueError("would send its password for everybody to read: leave ?starttls=no out, or use smtps://.")
    return MailServer(parts.hostname, port or PORTS[parts.scheme], tls, user, password)


def address(text: str) -> Address:
    """Read an address as in `MAIL_FROM`: alone, or `Name <address>`. ValueError with how to write it."""
    wrong = 'must be an address, like ring@example.com or "Ringback <ring@example.com>".'
    name, alone = parseaddr(text)
    try:
        read = Address(name, addr_spec=alone)
    except (ValueError, IndexError, MessageError):  # the library's own parser fails so on what is no address
        raise ValueError(wrong) from None
    if not (read.username and read.domain and read.addr_spec.isascii()) or not name.isprintable():
        raise ValueError(wrong)
    return read


def is_plain(text: str) -> bool:
    """Whether this is one address and nothing else, fit for an envelope."""
    try:
        return address(text).addr_spec == text
    except ValueError:
        return False


def _tls(scheme: str, starttls: str) -> TLS:
    if scheme == "smtps":
        return "from the start"
    return "after hello" if starttls == "yes" else "none"


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
