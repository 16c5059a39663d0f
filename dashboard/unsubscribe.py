"""No more of these letters: the link in each of them, which asks for no sign-in; its token says whose it is."""

from flask import Blueprint, Response, abort, make_response, render_template
from flask.typing import ResponseReturnValue

from dashboard import letters
from voice import letters as wishes
from voice.installation import installation
from voice.ledger import User

unsubscribe = Blueprint("unsubscribe", __name__, url_prefix="/letters/stop")
GONE = "This link is not one of ours, or was cut short on its way. What comes by e-mail is set under My account."


@unsubscribe.get("/<token>")
def ask(token: str) -> ResponseReturnValue:
    """A button: mail programs open links by themselves, to look for harm, and must not end anything by that."""
    return _page(_meant(token)[1], done=False)


@unsubscribe.post("/<token>")
def stop(token: str) -> ResponseReturnValue:
    """The end of it, by the button or by the mail program's own (RFC 8058), which brings no cookie."""
    user_id, kind = _meant(token)
    with installation().database.transaction() as session:
        wishes.stop(session, user_id, kind)
    return _page(kind, done=True)


def _meant(token: str) -> tuple[str, str]:
    meant = letters.read_token(installation().settings, token) or abort(404, GONE)
    with installation().database.reading() as session:
        return meant if session.get(User, meant[0]) else abort(404, GONE)


def _page(kind: str, done: bool) -> Response:
    return make_response(render_template("unsubscribe.html", what=letters.NAMES[kind], done=done))
