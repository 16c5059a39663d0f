"""The `ringback` command, as somebody at a terminal uses it: what it prints, where, and how it ends."""

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.program import ACME, MAIN
from voice import accounts, cli, second_factor, tokens
from voice.db import Database
from voice.firm import Line
from voice.ledger import User

pytest_plugins = ["tests.interface"]


@pytest.mark.proves("01-2.18")
@pytest.mark.parametrize(
    "line", [[], ["sing"], ["apply"], ["token"], ["token", "create"], ["user", "add", "--email", "a@b"], ["run", "x"],
             ["simulate", "--port", "99999"], ["demo", "--no-brow"]],
)  # fmt: skip
def test_wrong_usage_ends_with_2(line: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(line) == 2
    assert "usage: ringback" in capsys.readouterr().err


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    out = capsys.readouterr().out
    for name in ("demo", "run", "web", "worker", "test", "apply", "export", "simulate", "staffing", "token", "user"):
        assert re.search(rf"^    {name} ", out, re.MULTILINE), name


def test_help_does_not_load_what_it_does_not_need() -> None:
    heavy = "sqlalchemy flask twilio alembic phonenumbers rq"
    code = (
        f"import sys, voice.cli; voice.cli.main(['--help']); sys.exit(any(n in sys.modules for n in {heavy.split()}))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


@pytest.mark.proves("01-2.18")
def test_apply_and_export_work_before_anything_was_ever_started(
    home: Path, acme_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["export"]) == 1
    told = capsys.readouterr()
    assert (told.out, told.err[:24]) == ("", "There is no firm yet: ta")
    assert cli.main(["apply", str(acme_file)]) == 0
    assert cli.main(["apply", str(acme_file)]) == 0
    assert capsys.readouterr().out == "Applied.\nNothing to change: it was so already.\n"
    assert cli.main(["export"]) == 0
    acme_file.write_text(capsys.readouterr().out)
    assert cli.main(["apply", str(acme_file)]) == 0
    assert capsys.readouterr().out == "Nothing to change: it was so already.\n"
    with Database(f"sqlite:///{home}/ringback.db").reading() as session:
        assert session.get_one(Line, MAIN).name == "Main line"


@pytest.mark.proves("01-2.18")
@pytest.mark.usefixtures("home")
def test_a_wrong_file_ends_with_1_and_tells_all_its_faults(acme_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    acme_file.write_text(ACME.replace("+12125550111", "0111").replace("[lines.hours]", "[lines.hous]", 1))
    assert cli.main(["apply", str(acme_file)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("line 9: staff 'sam': phone:")
    assert "hous: there is no such field" in captured.err
    assert captured.err.endswith("Nothing was changed.\n")


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("content", "told"), [(None, "No such file or directory"), (b"\xff", "is not UTF-8 text"), (b"[", "is no TOML")]
)
def test_a_file_that_cannot_be_read_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, told: str
) -> None:
    path = tmp_path / "firm.toml"
    if content is not None:
        path.write_bytes(content)
    assert cli.main(["apply", str(path)]) == 1
    assert told in capsys.readouterr().err


@pytest.mark.proves("E17")
@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "http"), ("DATABASE_URL", "mysql://x"), ("RINGBACK_REDIS_SERVER", "yes"), ("PUBLIC_URL", "http://x.com")],
)
@pytest.mark.usefixtures("home")
def test_a_bad_setting_is_told_by_name_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert cli.main(["export"]) == 1
    assert capsys.readouterr().err.startswith(name)


@pytest.mark.proves("E17")
@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("command", ["run", "web", "worker"])
def test_a_process_without_a_carrier_account_says_so(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([command]) == 1
    assert "TWILIO_ACCOUNT_SID is not set" in capsys.readouterr().err


@pytest.mark.usefixtures("home")
def test_a_database_that_does_not_answer_is_told_plainly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:9/none")
    assert cli.main(["export"]) == 1
    assert capsys.readouterr().err.startswith("The database cannot be used:")


@pytest.mark.proves("01-2.18")
def test_a_token_is_the_last_line_and_only_its_print_is_kept(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["token", "create", "--name", "the till"]) == 0
    token = capsys.readouterr().out.splitlines()[-1]
    with Database(f"sqlite:///{home}/ringback.db").reading() as session:
        program = tokens.program(session, token)
        assert program is not None
        assert (program.name, program.scopes) == ("the till", frozenset(tokens.SCOPES))
    assert token.encode() not in (home / "ringback.db").read_bytes()


@pytest.mark.parametrize("scopes", [["read"], ["read", "work"]])
def test_a_token_may_be_made_for_less(home: Path, capsys: pytest.CaptureFixture[str], scopes: list[str]) -> None:
    asked = [word for scope in scopes for word in ("--scope", scope)]
    assert cli.main(["token", "create", "--name", "the till", *asked]) == 0
    token = capsys.readouterr().out.splitlines()[-1]
    with Database(f"sqlite:///{home}/ringback.db").reading() as session:
        program = tokens.program(session, token)
    assert program is not None
    assert program.scopes == frozenset(scopes)


@pytest.mark.proves("02-4.7")
def test_a_reset_takes_a_lost_second_factor_away_and_says_so(
    home: Path, acme_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def reset() -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO("other good words\n"))
        assert cli.main(["user", "reset", "--email", "sam@example.com"]) == 0
        return capsys.readouterr().out

    cli.main(["apply", str(acme_file)])
    database = Database(f"sqlite:///{home}/ringback.db")
    with database.transaction() as session:
        sam = accounts.add_user(session, "sam@example.com", "Sam", "owner", accounts.hash_password("a few good words"))
        second_factor.set_totp(session, sam.id, second_factor.seal("JBSWY3DPEHPK3PXP", "key"), 1)
        second_factor.new_codes(session, sam.id)
    assert "authenticator app, passkeys and recovery codes open nothing any more" in reset()
    with database.reading() as session:
        assert not accounts.has_second_factor(session, sam.id)
        assert second_factor.codes_left(session, sam.id) == 0
    assert "recovery codes" not in reset()


@pytest.mark.proves("01-2.18", "02-4.7")
def test_a_user_is_added_with_the_password_from_standard_input_and_reset(
    home: Path, acme_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def type_in(password: str, *line: str) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        return cli.main(["user", *line])

    def fits(password: str) -> bool:
        with Database(f"sqlite:///{home}/ringback.db").reading() as session:
            user = session.scalars(sa.select(User)).one()
            assert (user.email, user.role, user.staff_id) == ("sam@example.com", "owner", "sam")
            return accounts.check_password(user, password)

    cli.main(["apply", str(acme_file)])
    sam = ("add", "--email", "Sam@example.com", "--name", "Sam Field", "--role", "owner", "--staff")
    assert type_in("a few good words", *sam, "sam") == 0
    assert fits("a few good words")
    assert type_in("other good words", *sam, "sam") == 1
    assert "can already sign in" in capsys.readouterr().err
    assert type_in("other good words", "reset", "--email", "sam@example.com") == 0
    assert fits("other good words")
    assert type_in("short", "reset", "--email", "sam@example.com") == 1
    assert "8 to 128" in capsys.readouterr().err
    for weak in ("password1234", "sam@example"):  # a script that sets a demo up is not stopped, but told
        assert type_in(weak, "reset", "--email", "sam@example.com") == 0
        assert "guessed early" in capsys.readouterr().err
    assert type_in("other good words", "reset", "--email", "alex@example.com") == 1
