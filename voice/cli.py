"""The `ringback` command. Each subcommand loads what it needs itself, so that `--help` is quick.

Exit status: 0 done, 1 something is wrong (said on standard error), 2 wrong usage.
"""

import argparse
import getpass
import os
import pathlib
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from voice import clock, staffing_command
from voice.settings import BadSetting, Settings

if TYPE_CHECKING:
    import datetime as dt

    from voice.db import Database

Asked = argparse.Namespace


def main(argv: Sequence[str]) -> int:
    """Run one command line, without the program's name."""
    try:
        asked = _parser().parse_args(argv)
    except SystemExit as end:  # argparse has said why
        return int(end.code or 0)
    try:
        return int(asked.run(asked))
    except Exception as problem:
        words = _plain_words(problem)
        if words is None:
            raise
        print(words, file=sys.stderr)
        return 1


def _plain_words(problem: Exception) -> str | None:
    """What to tell a person of a problem they can mend; None: it is a fault of ours, so show where."""
    from sqlalchemy.exc import OperationalError

    from voice.accounts import BadUser
    from voice.business import BadBusiness, NoFirm
    from voice.embedded.redis_server import NoServer

    if isinstance(problem, BadBusiness):
        return f"{problem}\nNothing was changed."
    if isinstance(problem, BadSetting | BadUser | NoFirm | NoServer):
        return str(problem)
    if isinstance(problem, OperationalError):
        return f"The database cannot be used: {problem.orig}".strip()
    if isinstance(problem, OSError) and problem.filename:
        return f"{problem.filename}: {problem.strerror}"
    return None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ringback", description="Your phone line, answered by people.", allow_abbrev=False
    )
    add = parser.add_subparsers(metavar="COMMAND", required=True).add_parser

    def command(name: str, run: Callable[[Asked], int], says: str) -> argparse.ArgumentParser:
        made = add(name, help=says, description=says, allow_abbrev=False)
        made.set_defaults(run=run)
        return made

    demo = command("demo", _demo, "Play with it: both ends of a phone call, in the browser, with no account.")
    demo.add_argument("--no-browser", action="store_true", help="only print the address")
    command("run", _run, "Start everything on this machine.")
    command("web", _web, "Start the web process alone.")
    command("worker", _worker, "Start the worker alone.")
    command("test", _test, "Run the tests; what follows is handed to pytest.")
    apply = command("apply", _apply, "Make the firm what a business.toml says.")
    apply.add_argument("file", metavar="FILE", type=pathlib.Path)
    command("export", _export, "Print the firm as business.toml.")
    held = command("fallback", _fallback, "Print what the carrier is to hold for the day this server is gone.")
    held.add_argument("--thanks-url", metavar="URL", default="", help="where the carrier holds the first document")
    log = command("reconcile", _reconcile, "Hold our calls against the carrier's log, and fill what is missing.")
    for name, says in (("--since", "from this day or moment on (UTC)"), ("--until", "and before this one")):
        log.add_argument(name, type=_moment, metavar="WHEN", help=says)
    log.add_argument("--json", action="store_true", help="for a program")
    staffing_command.describe(
        command("staffing", staffing_command.run, "How long callers wait with so many staff, or how many an aim takes.")
    )
    simulate = command("simulate", _simulate, "Start the carrier in a box alone; the last line printed is its URL.")
    simulate.add_argument("--port", type=_port, default=8400, help="where to listen (0: anywhere free)")
    simulate.add_argument("--config", type=pathlib.Path, help="account, numbers and phones as JSON")
    _add_tokens(add("token", help="Tokens for the JSON interface."))
    _add_users(add("user", help="People who may sign in."))
    return parser


def _add_tokens(parser: argparse.ArgumentParser) -> None:
    create = parser.add_subparsers(metavar="VERB", required=True).add_parser("create", help="Make one and print it.")
    create.add_argument("--name", required=True, help="what will use it")
    create.add_argument("--scope", action="append", choices=("read", "work", "manage"),
                        help="what it may do; may be given several times (default: all)")  # fmt: skip
    create.set_defaults(run=_token_create)


def _add_users(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    add = verbs.add_parser("add", help="Add somebody; the password is read from standard input.")
    add.add_argument("--email", required=True)
    add.add_argument("--name", required=True)
    add.add_argument("--role", required=True, choices=("staff", "owner"))
    add.add_argument("--staff", metavar="ID", help="which staff member they are")
    add.set_defaults(run=_user_add)
    reset = verbs.add_parser("reset", help="Give somebody a new password, read from standard input.")
    reset.add_argument("--email", required=True)
    reset.set_defaults(run=_user_reset)


def _port(text: str) -> int:
    if not (text.isdecimal() and int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port")
    return int(text)


def _moment(text: str) -> "dt.datetime":
    from voice import log_command

    try:
        return log_command.moment(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(f"{text!r} is no day or moment, as 2026-11-22 is") from problem


@contextmanager
def _database() -> "Iterator[Database]":
    """The installation's database, brought to the newest schema: a command works before the first `run`, too."""
    from voice import migrate
    from voice.db import Database

    url = Settings.from_env().database_url
    migrate.upgrade(url)
    database = Database(url)
    yield database
    database.engine.dispose()


def _demo(asked: Asked) -> int:
    from voice import demo

    return demo.run(Settings.from_env(), open_browser=not asked.no_browser)


def _run(asked: Asked) -> int:
    from voice import running

    # A port somebody named, or that the carrier is told of, cannot be exchanged for another.
    return running.run(Settings.from_env(), port_is_fixed=bool(os.environ.get("PORT") or os.environ.get("PUBLIC_URL")))


def _web(asked: Asked) -> int:
    from voice import running

    settings = Settings.from_env()
    settings.require_carrier()  # said here in one line, instead of in a traceback of every start
    line = running.web_command(settings)
    os.execv(line[0], line)  # noqa: S606  no shell is wanted


def _worker(asked: Asked) -> int:
    from voice.loading import loading

    with loading():
        from voice import logs
        from voice.work import worker

    logs.set_up()
    return worker.main(Settings.from_env())


def _test(asked: Asked) -> int:
    from voice import bootstrap

    bootstrap.run_tests([])


def _apply(asked: Asked) -> int:
    from voice import audit, business

    try:
        text = asked.file.read_text("utf-8")
    except UnicodeDecodeError:
        print(f"{asked.file}: is not UTF-8 text.", file=sys.stderr)
        return 1
    with _database() as database, database.transaction() as session:
        changed = business.apply(session, text, clock.now())
        if changed:
            audit.record(session, audit.COMMAND_LINE, "business_applied", "business.toml", clock.now())
    print("Applied." if changed else "Nothing to change: it was so already.")
    return 0


def _export(asked: Asked) -> int:
    from voice import business

    with _database() as database, database.reading() as session:
        print(business.export(session), end="")
    return 0


def _fallback(asked: Asked) -> int:
    from voice import roster
    from voice.carrier import held

    with _database() as database, database.reading() as session:
        lines = roster.current(session).lines
    if not lines:
        print("There is no line yet: take in a business.toml first, with `ringback apply FILE`.", file=sys.stderr)
        return 1
    language, thanks_url = lines[0].language, asked.thanks_url
    if thanks_url:
        print(held.message(language, Settings.from_env().public_url, thanks_url))
        print(
            "Keep this at the carrier too, and set it as what your number does when the first handler fails.",
            file=sys.stderr,
        )
    else:
        print(held.thanks(language))
        print("Keep this at the carrier, then: ringback fallback --thanks-url ITS-ADDRESS", file=sys.stderr)
    return 0


def _reconcile(asked: Asked) -> int:
    from voice import log_command

    return log_command.run(Settings.from_env(), asked.since, asked.until, asked.json)


def _simulate(asked: Asked) -> int:
    from voice import simulated

    return simulated.serve(Settings.from_env(), asked.port, asked.config)


def _token_create(asked: Asked) -> int:
    from voice import audit, tokens

    with _database() as database, database.transaction() as session:
        token = tokens.make_token(session, asked.name, clock.now(), asked.scope or tuple(tokens.SCOPES))
        audit.record(session, audit.COMMAND_LINE, "token_made", asked.name, clock.now())
    print("This is shown once:")
    print(token)
    return 0


def _user_add(asked: Asked) -> int:
    from voice import accounts, audit

    secret = _new_password(asked.name, asked.email)
    with _database() as database, database.transaction() as session:
        user = accounts.add_user(session, asked.email, asked.name, asked.role, secret, asked.staff)
        audit.record(session, audit.COMMAND_LINE, "user_added", user.email, clock.now())
        print(f"{user.email} can sign in now.")
    return 0


def _user_reset(asked: Asked) -> int:
    from voice import accounts, audit, second_factor

    secret = _new_password(asked.email)
    with _database() as database, database.transaction() as session:
        user = accounts.reset_user(session, asked.email, secret)
        had_one = accounts.has_second_factor(session, user.id)
        second_factor.forget_all(session, user.id)
        audit.record(session, audit.COMMAND_LINE, "user_reset", user.email, clock.now())
    print(f"{user.email} has a new password, and is signed out everywhere.")
    if had_one:
        print("Their authenticator app, passkeys and recovery codes open nothing any more: set up new ones.")
    return 0


def _new_password(*about: str) -> str:
    """The hash of a password; one the pages would refuse is taken, and said to be weak: this may be a script."""
    from voice import accounts

    password = _password()
    hashed = accounts.hash_password(password)
    try:
        accounts.refuse_weak(password, *about)
    except accounts.BadUser as weak:
        print(f"Taken, but: {weak}", file=sys.stderr)
    return hashed


def _password() -> str:
    """One line of standard input; at a terminal it is not shown."""
    return getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
