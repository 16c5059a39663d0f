"""Every setting, one sentence each; a bad one is refused at start, by name."""

import contextlib
import dataclasses
import os
import pathlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from voice.rules import mail_server

CARRIER_URL = "https://api.twilio.com"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class BadSetting(ValueError):
    """A setting that cannot be used; the text names it and says what to do."""


def _setting(default: Any, says: str) -> Any:
    """A field whose sentence also fills the README's table. Never in a repr: most of them are secrets."""
    return field(default=default, repr=False, metadata={"says": says})


@dataclass(frozen=True)
class Settings:
    """What the environment says. Names are the environment's own, in lower case."""

    database_url: str = _setting("", "Where rows are kept; unset: an SQLite file in `RINGBACK_HOME`.")
    redis_url: str = _setting("", "Where jobs are handed over; unset: the server that `run` and `demo` start.")
    secret_key: str = _setting("", "Signs cookies and forms; unset: made on first run and kept in `RINGBACK_HOME`.")
    public_url: str = _setting("", "What the carrier calls, without a final slash; signatures are checked against it.")
    twilio_account_sid: str = _setting("", "The carrier account that may call us.")
    twilio_auth_token: str = _setting(
        "", "Checks the carrier's signatures; also signs in to it where no API key is set."
    )
    twilio_auth_token_previous: str = _setting("", "The token before this one, still accepted while you rotate it.")
    twilio_api_key: str = _setting("", "An API key to sign in to the carrier with, instead of the auth token.")
    twilio_api_secret: str = _setting("", "The secret of that API key.")
    twilio_api_base_url: str = _setting(CARRIER_URL, "Replaces every carrier host, path unchanged.")
    allow_other_carrier: str = _setting("", "Set to 1 to allow another `TWILIO_API_BASE_URL` than the carrier's own.")
    port: int = _setting(8000, "The port the web process listens on.")
    bind: str = _setting("127.0.0.1", "The address the web process listens on.")
    proxy_hops: str = _setting(
        "",
        "How many proxies stand in front and add to `X-Forwarded-For`; unset: 1 where `PUBLIC_URL` is https, else 0.",
    )
    ringback_home: str = _setting("./instance", "The folder for the database, keys, roster and spool.")
    ringback_redis_server: str = _setting("auto", "Which Redis server to start: auto, wheel, path or none.")
    web_threads: int = _setting(64, "Threads of one web process; live pages may never hold the last 24 of them.")
    push_services: str = _setting(
        "", "Further push services browsers may be woken through: host names, with commas between them."
    )
    metrics_token: str = _setting("", "Lets a scraper that is not on this machine read `/metrics`.")
    smtp_url: str = _setting(
        "", "Which server takes our e-mail, like `smtp://user:password@mail.example.com:587`; unset: no digests."
    )
    mail_from: str = _setting("", "Who our e-mail is from: an address, or `Name <address>`.")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read, complete and check the settings. Raises BadSetting."""
        env = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        for known in dataclasses.fields(cls):
            text = env.get(known.name.upper(), "").strip()
            if text:
                values[known.name] = _whole_number(known.name, text) if known.type is int else text
        return cls(**values)._checked()

    def _checked(self) -> "Settings":
        if self.ringback_redis_server not in ("auto", "wheel", "path", "none"):
            raise BadSetting("RINGBACK_REDIS_SERVER must be one of: auto, wheel, path, none.")
        if self.twilio_api_base_url.rstrip("/") != CARRIER_URL and self.allow_other_carrier != "1":
            raise BadSetting("TWILIO_API_BASE_URL is not the carrier's: set ALLOW_OTHER_CARRIER=1 if that is meant.")
        if bool(self.twilio_api_key) != bool(self.twilio_api_secret):
            raise BadSetting("TWILIO_API_KEY and TWILIO_API_SECRET go together: set both or neither.")
        if self.proxy_hops and not (self.proxy_hops.isdecimal() and int(self.proxy_hops) < 10):
            raise BadSetting("PROXY_HOPS must be a whole number from 0 to 9.")
        self._check_mail()
        if self.web_threads < 32:
            raise BadSetting("WEB_THREADS must be at least 32: calls need 24 of them for themselves.")
        public = (self.public_url or f"http://127.0.0.1:{self.port}").rstrip("/")
        _check_public_url(public)
        home = str(pathlib.Path(self.ringback_home).resolve())
        database = _database_url(self.database_url, home)
        return dataclasses.replace(
            self,
            public_url=public,
            ringback_home=home,
            database_url=database,
            twilio_api_base_url=self.twilio_api_base_url.rstrip("/"),
        )

    def _check_mail(self) -> None:
        if bool(self.smtp_url) != bool(self.mail_from):
            raise BadSetting("SMTP_URL and MAIL_FROM go together: set both or neither.")
        for name, read in (("smtp_url", mail_server.server), ("mail_from", mail_server.address)):
            try:
                if value := getattr(self, name):
                    read(value)
            except ValueError as wrong:
                raise BadSetting(f"{name.upper()} {wrong}") from None

    @property
    def home(self) -> pathlib.Path:
        """The folder of this installation."""
        return pathlib.Path(self.ringback_home)

    @property
    def secure(self) -> bool:
        """Whether people reach us over https, so cookies may be `__Host-` and Secure."""
        return self.public_url.startswith("https://")

    @property
    def more_push_services(self) -> tuple[str, ...]:
        """The hosts of `push_services`, each as `host` or `host:port`."""
        return tuple(host for part in self.push_services.split(",") if (host := part.strip().lower()))

    @property
    def origin(self) -> str:
        """Scheme, host and port of `public_url`, as browsers name a site."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def public_host(self) -> str:
        """The host of `public_url`."""
        return urlsplit(self.public_url).hostname or ""

    @property
    def is_local(self) -> bool:
        """Whether people reach us on this machine only."""
        return self.public_host in LOOPBACK

    @property
    def hops(self) -> int:
        """How many entries of `X-Forwarded-For`, from its end, were written by proxies of ours."""
        return int(self.proxy_hops) if self.proxy_hops else int(self.secure)

    @property
    def auth_tokens(self) -> tuple[str, ...]:
        """Tokens a signature may have been made with, the present one first."""
        return tuple(t for t in (self.twilio_auth_token, self.twilio_auth_token_previous) if t)

    def require_carrier(self) -> None:
        """Refuse to start a process that talks to the carrier without an account. Raises BadSetting."""
        for name in ("twilio_account_sid", "twilio_auth_token"):
            if not getattr(self, name):
                raise BadSetting(f"{name.upper()} is not set: it is on the first page of the carrier's console.")

    def key(self) -> str:
        """The secret key; made and kept (mode 600) on first use when none was given."""
        if self.secret_key:
            return self.secret_key
        path = self.home / "secret_key"
        if not path.exists():
            self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = path.with_name(f"secret_key.{secrets.token_hex(4)}")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_hex(32))
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)  # two processes may start at once: the first link wins, both read it
            draft.unlink()
        return path.read_text().strip()


def _whole_number(name: str, text: str) -> int:
    if not text.isdecimal():
        raise BadSetting(f"{name.upper()} must be a whole number, not {text!r}.")
    return int(text)


def _check_public_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
        raise BadSetting("PUBLIC_URL must look like https://phone.example.com, with no user name and no query.")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise BadSetting("PUBLIC_URL must be https: plain http is for this machine (127.0.0.1) only.")


def _database_url(given: str, home: str) -> str:
    if not given:
        return f"sqlite:///{home}/ringback.db"
    if given.startswith("postgres://"):  # many platforms still hand out the old scheme
        return "postgresql://" + given.removeprefix("postgres://")
    if not given.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise BadSetting("DATABASE_URL must start with sqlite:/// or postgresql://.")
    return given
