"""Answers packed for the way: a list of fifty people weighs a tenth of it."""

import zlib

from flask import Response, request

from dashboard.visits import from_here

PACKED = frozenset(
    {
        *("text/html", "text/css", "text/javascript", "image/svg+xml"),
        *("application/json", "application/problem+json", "application/manifest+json"),
    }
)
LEAST = 1024  # bytes; below it packing costs more than it saves
LEVEL = 5
GZIP = 16 + zlib.MAX_WBITS


def pack(response: Response) -> Response:
    """Compress what is text, whole and asked for by a page of ours.

    Another site could make a browser ask for our pages with words of its choice in them, and learn from the size of the
    answers what else they hold (BREACH): such requests get theirs unpacked.
    """
    if response.mimetype not in PACKED or response.status_code != 200 or "Content-Encoding" in response.headers:
        return response
    response.vary.add("Accept-Encoding")
    if not request.accept_encodings["gzip"] or not from_here():
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) >= LEAST:
        packer = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
        response.set_data(packer.compress(body) + packer.flush())
        response.content_encoding = "gzip"
        if (etag := response.get_etag()[0]) is not None:
            response.set_etag(etag, weak=True)  # the same thing, in other bytes
    return response
