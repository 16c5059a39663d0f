"""What a server is given: `dashboard.wsgi:app`, the people side alone, or `:both`, with the phone side.

Built when first asked for, so that the people side alone starts without a carrier account.
"""

from functools import cache
from typing import Any

from flask import Flask

from dashboard import add_dashboard, live
from voice import logs
from voice.db import Database
from voice.health import health
from voice.installation import Installation
from voice.loading import loading
from voice.settings import Settings


@cache
def _people() -> Flask:
    logs.set_up()
    settings = Settings.from_env()
    alone = Flask("dashboard", static_folder=None)
    alone.extensions["ringback"] = Installation(settings, Database(settings.database_url))
    alone.register_blueprint(health)
    add_dashboard(alone)
    live.stop_with_the_server(alone)
    return alone


@cache
def _both() -> Flask:
    from voice.app import create_app  # the carrier's SDK is slow to load, and the people side does without

    logs.set_up()
    settings = Settings.from_env()
    settings.require_carrier()
    together = create_app(settings, Database(settings.database_url))
    add_dashboard(together)
    live.stop_with_the_server(together)
    return together


def __getattr__(name: str) -> Any:
    built = {"app": _people, "both": _both}.get(name)
    if built is None:
        raise AttributeError(name)
    with loading():
        return built()
