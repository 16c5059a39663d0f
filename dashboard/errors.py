"""Pages for what went wrong: what it was, and what to do now."""

from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, InternalServerError

from dashboard.api.problems import answer_to, in_api

NOT_PAGES = ("/voice/", "/sms/")  # the carrier asks these; a page would only confuse it
TITLES = {
    400: ("That could not be used", "Go back, load the page again, and try once more."),
    403: ("That is not yours to do", "If it should be, ask the owner of this Ringback."),
    404: ("There is nothing here", "The address may be mistyped, or what it named has been erased."),
    405: ("That address is not opened this way", "Go to the list and use the buttons there."),
    413: ("That was too much at once", "Shorten it and send it again."),
    429: ("That was tried too often", "Wait ten minutes, then try again."),
    500: ("Something broke on our side", "It has been written down. Try again in a minute; calls are still answered."),
    501: ("That is not set up here", "Whoever looks after this machine can add it."),
    503: ("That could not be made just now", "Try again in a minute; calls are still answered."),
}


def add_error_pages(app: Flask) -> None:
    """Give the application a page for each kind of failure a person can meet."""
    for status in TITLES:
        app.register_error_handler(status, _page)


def _page(problem: Exception) -> ResponseReturnValue:
    known = problem if isinstance(problem, HTTPException) else InternalServerError()
    if in_api(request.path):
        return answer_to(known)
    if request.path.startswith(NOT_PAGES):
        return known.get_response()
    status = known.code or 500
    title, advice = TITLES[status]
    # A sentence of ours says more than the title; werkzeug's own are for programmers.
    ours = known.description if known.description != type(known).description else None
    page = render_template("error.html", status=status, title=ours or title, advice=advice, visit=g.get("visit"))
    answer = known.get_response()
    answer.data, answer.content_type = page, "text/html; charset=utf-8"
    return answer
