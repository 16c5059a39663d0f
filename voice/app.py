"""The phone side as a Flask application."""

from flask import Flask

from voice.carrier import routes, sounds
from voice.db import Database
from voice.health import health
from voice.installation import Installation
from voice.settings import Settings


def create_app(settings: Settings, database: Database) -> Flask:
    """The phone side: the carrier's routes, sounds, and health."""
    app = Flask("voice")
    app.extensions["ringback"] = Installation(settings, database)
    app.register_blueprint(routes.phone)
    app.register_blueprint(sounds.sounds)
    app.register_blueprint(health)
    return app
