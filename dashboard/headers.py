"""What every answer of the people side tells the browser to refuse."""

from flask import Response, g, request

from dashboard.visits import route_class
from voice.installation import installation

POLICY = "; ".join(
    (
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    )
)
ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with no-referrer our own forms would say "Origin: null"
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
ONE_YEAR = 31_536_000
VERSIONED = frozenset({"owner_files.library"})  # nobody's data, under an address with its version in it


def add_headers(response: Response) -> Response:
    """Headers of the people side; the carrier's own routes are left as they are."""
    kind = route_class(request.endpoint) if request.endpoint else "public"
    if kind == "carrier" or request.blueprint == "sounds":
        return response
    for name, value in ALWAYS.items():
        response.headers.setdefault(name, value)
    if installation().settings.secure:
        response.headers["Strict-Transport-Security"] = f"max-age={ONE_YEAR}; includeSubDomains"
    if request.blueprint == "assets" or request.endpoint in VERSIONED:
        # Under this address it never changes: see `asset` in the package.
        response.headers["Cache-Control"] = (
            f"public, max-age={ONE_YEAR}, immutable" if "v" in request.args else "no-cache"
        )
    else:
        # Names and numbers must not be found in a shared computer's cache, nor behind the back button.
        response.headers["Cache-Control"] = "private, no-store"
        response.headers.add("Vary", "Cookie")
    if getattr(g, "forget", False):
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
