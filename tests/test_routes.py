"""Every route is in exactly one class, and behaves as its class says; every answer carries the headers of its side."""

import pathlib
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from dashboard import add_dashboard
from dashboard.headers import ALWAYS
from dashboard.visits import route_class
from tests.pages import JANE, Firm
from voice.app import create_app
from voice.db import Database
from voice.settings import Settings

# What anybody on the internet may open. A new public route has to be written down here.
PUBLIC = {
    "/login",
    "/login/second",
    "/login/passkey",
    "/login/passkey/options",
    "/join/<token>",
    "/assets/<path:filename>",
    "/sw.js",
    "/offline",
    "/healthz",
    "/readyz",
    "/metrics",
    "/api/v1/openapi.json",
}
SOUNDS = re.compile(r"^/(voice/)?sounds?/")  # played to callers, so the carrier fetches them without a sign-in


@pytest.fixture
def both(settings: Settings, database: Database) -> Flask:
    """The phone side and the people side in one application."""
    app = create_app(settings, database)
    add_dashboard(app)
    return app


def rules(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Each rule of the application with each method it takes."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method


def ask(client: FlaskClient, rule: Rule, method: str) -> tuple[int, dict[str, str]]:
    """Ask for a rule with made-up values and no credentials at all."""
    path = re.sub(r"<(?:(\w+):)?\w+>", lambda found: "1" if found[1] == "int" else "x" * 32, rule.rule)
    answer = client.open(path, method=method, base_url="https://ringback.test", buffered=True)
    return answer.status_code, dict(answer.headers)


@pytest.mark.proves("F48")
def test_every_route_refuses_who_comes_without_what_its_class_asks_for(both: Flask) -> None:
    client = both.test_client()
    wrong = []
    for rule, method in rules(both):
        kind, (status, headers) = route_class(rule.endpoint), ask(client, rule, method)
        fits = {
            "carrier": status == 403,
            "token": status == (404 if "<token>" in rule.rule else 401)
            and ("<token>" in rule.rule or "Bearer" in headers.get("WWW-Authenticate", "")),
            "signed-in": status == 401 or (status == 303 and headers["Location"].startswith("/login")),
            "public": rule.rule in PUBLIC or bool(SOUNDS.match(rule.rule)),
        }[kind]
        if not fits:
            wrong.append((kind, method, rule.rule, status))
    assert wrong == []


@pytest.mark.proves("F47", "F48")
def test_the_public_routes_are_those_written_down_here_and_no_others(both: Flask) -> None:
    public = {rule.rule for rule, _ in rules(both) if route_class(rule.endpoint) == "public"}
    assert {rule for rule in public if not SOUNDS.match(rule)} == PUBLIC


@pytest.mark.proves("F27")
def test_nothing_is_changed_by_a_get_and_each_post_of_the_people_side_wants_the_pages_token(
    storage_url: str, tmp_path: pathlib.Path
) -> None:
    firm = Firm(storage_url, tmp_path)
    sam = firm.visitor("sam@example.com")
    sam.origin = "https://ringback.test"
    sam.client.set_cookie(
        "ringback-session", str(firm.visitor("sam@example.com").cookie("session")), domain="ringback.test"
    )
    posts = [rule for rule, method in rules(firm.app) if method == "POST" and route_class(rule.endpoint) == "signed-in"]
    assert len(posts) > 8
    assert {ask(sam.client, rule, "POST")[0] for rule in posts} == {400}
    changing = {rule.rule for rule in posts}
    assert not [rule.rule for rule, method in rules(firm.app) if method == "GET" and rule.rule in changing]


@pytest.mark.proves("F46")
@pytest.mark.parametrize(
    ("public_url", "transport"),
    [("https://phone.example.com", "max-age=31536000; includeSubDomains"), ("http://localhost", None)],
)
def test_every_answer_of_the_people_side_carries_the_headers_also_the_errors(
    storage_url: str, tmp_path: pathlib.Path, public_url: str, transport: str | None
) -> None:
    firm = Firm(storage_url, tmp_path, public_url)
    sam = firm.visitor("sam@example.com")
    for path in ("/", "/list", "/notices", "/login", "/nowhere", "/calls/none", "/assets/look.css", "/api/v1/calls"):
        for visitor in (sam, firm.visitor()):
            answer = visitor.get(path)
            assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS, path
            assert answer.headers.get("Strict-Transport-Security") == transport
            if not path.startswith("/assets"):
                assert "no-store" in answer.headers["Cache-Control"], path
    assert sam.post("/notices").headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.proves("F21")
def test_no_page_needs_a_script_or_style_the_policy_would_refuse(storage_url: str, tmp_path: pathlib.Path) -> None:
    firm = Firm(storage_url, tmp_path)
    firm.callback(state="wrapping_up", claimed_by="sam")
    sam = firm.visitor("sam@example.com")
    doors = ("/account", "/users", "/tokens", "/audit", "/prove")
    people = ("/people", f"/people/{JANE}", "/people/import")
    figures = ("/owner", "/owner/part", "/owner/calls?figure=missed", "/owner/staffing", "/letters/stop/x")
    for path in ("/", "/list", "/notices", "/login", "/nowhere", *people, *doors, *figures):
        page = sam.get(path).text
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:|https?://", page), path


def test_files_of_ours_are_kept_by_browsers_and_found_anew_when_they_change(
    storage_url: str, tmp_path: pathlib.Path
) -> None:
    visitor = Firm(storage_url, tmp_path).visitor()
    address = re.findall(r'href="(/assets/look.css\?v=\w{12})"', visitor.get("/login").text)
    answer = visitor.get(address[0])
    assert (answer.status_code, answer.mimetype) == (200, "text/css")
    assert "max-age=31536000" in answer.headers["Cache-Control"]


def test_the_carriers_answers_are_left_as_they_are(both: Flask) -> None:
    answer = both.test_client().post("/voice/incoming", base_url="https://ringback.test")
    assert "Content-Security-Policy" not in answer.headers
