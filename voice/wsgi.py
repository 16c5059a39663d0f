"""What a server is given for the phone side alone: `voice.wsgi:app`, built when first asked for."""

from functools import cache
from typing import Any

from flask import Flask

from voice import logs
from voice.app import create_app
from voice.db import Database
from voice.settings import Settings


@cache
def _app() -> Flask:
    logs.set_up()
    settings = Settings.from_env()
    settings.require_carrier()
    return create_app(settings, Database(settings.database_url))


def __getattr__(name: str) -> Any:
    if name != "app":
        raise AttributeError(name)
    return _app()
