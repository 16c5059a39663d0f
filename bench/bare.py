"""The yardstick: a Flask route that returns the bytes of the inbound webhook's answer, and does nothing for them."""

import os

from flask import Flask, Response

app = Flask(__name__)
ANSWER = os.environ["BENCH_ANSWER"]


@app.post("/voice/incoming")
def incoming() -> Response:
    """The same bytes, without a check, a plan or a row."""
    return Response(ANSWER, mimetype="text/xml")
