"""What makes the pages an app that can be installed: the worker beside them, and the page for when there is no network.

Both hold nobody's data and are the same for everybody, so they are public.
"""

import pathlib

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

shell = Blueprint("shell", __name__)
WORKER = pathlib.Path(__file__).resolve().parent / "static" / "sw.js"


@shell.get("/sw.js")
def worker() -> ResponseReturnValue:
    """The service worker. It must be served from the top: it works for the pages below its own address."""
    return WORKER.read_bytes(), {"Content-Type": "text/javascript; charset=utf-8"}


@shell.get("/offline")
def offline() -> ResponseReturnValue:
    """The page a browser keeps; the door looks at no cookie here, so it names nobody."""
    return render_template("offline.html")
