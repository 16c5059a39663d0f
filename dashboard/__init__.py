"""The people side: pages for staff and owner, and the JSON interface."""

import hashlib
import pathlib

from flask import Blueprint, Flask, g, url_for

from dashboard import (
    account,
    add_person,
    addresses,
    audit,
    call_page,
    callback_list,
    contact_files,
    erasing,
    errors,
    greetings,
    headers,
    join,
    letter_pages,
    lighter,
    lines,
    lines_index,
    live,
    members,
    messages,
    notices,
    owner,
    owner_calls,
    owner_files,
    people,
    push,
    replay,
    second_step,
    shell,
    shifts,
    sign_in,
    staffing,
    team,
    tokens,
    topics,
    unsubscribe,
    users,
    visits,
    words,
)
from dashboard.api import api
from voice.installation import installation

HERE = pathlib.Path(__file__).resolve().parent
PAGES = (
    sign_in.sign_in,
    second_step.second_step,
    join.join,
    account.account,
    users.users,
    tokens.tokens,
    audit.audit,
    callback_list.callback_list,
    call_page.call_page,
    lines.lines,
    lines_index.lines_index,
    live.live,
    members.members,
    messages.messages,
    people.people,
    erasing.erasing,
    add_person.add_person,
    contact_files.contact_files,
    greetings.greetings,
    notices.notices,
    owner.owner,
    owner_calls.owner_calls,
    owner_files.owner_files,
    letter_pages.letter_pages,
    staffing.staffing,
    unsubscribe.unsubscribe,
    team.team,
    shifts.shifts,
    topics.topics,
    push.push,
    replay.replay,
    shell.shell,
)


def add_dashboard(app: Flask) -> None:
    """Add the pages to an application that has its installation (see `voice.installation`)."""
    assets = Blueprint(
        "assets", __name__, template_folder="templates", static_folder="static", static_url_path="/assets"
    )
    app.register_blueprint(assets)
    app.register_blueprint(api)
    for page in PAGES:
        app.register_blueprint(page)
    app.before_request(visits.guard)
    app.after_request(lighter.pack)
    app.after_request(headers.add_headers)
    app.after_request(visits.look_away)
    errors.add_error_pages(app)
    live.add_doorbell(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    versions = {file.name: _version(file) for file in (HERE / "static").iterdir()}

    def asset(name: str) -> str:
        """The address of a file of ours; it changes with the file, so browsers may keep it for ever."""
        return url_for("assets.static", filename=name, v=versions[name])

    @app.context_processor
    def _for_templates() -> dict[str, object]:
        return {
            "words": words, "asset": asset, "address": addresses.of, "visit": g.get("visit"),
            "secure": installation().settings.secure, "off_duty": team.off_duty,
        }  # fmt: skip


def _version(file: pathlib.Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]
