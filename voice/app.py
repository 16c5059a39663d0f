"""The phone side as a Flask application."""

from flask import Flask

from voice.carrier import inbound, ladder, ring_back, sounds, staff_legs, texts, webhooks
from voice.db import Database
from voice.health import health
from voice.installation import Installation
from voice.settings import Settings

CARRIER_ROUTES = (inbound, ladder, ring_back, staff_legs, texts)  # importing them has registered their routes


def create_app(settings: Settings, database: Database) -> Flask:
    """The phone side: the carrier's routes, sounds, and health."""
    app = Flask("voice")
    app.extensions["ringback"] = Installation(settings, database)
    app.register_blueprint(webhooks.phone)
    app.register_blueprint(sounds.sounds)
    app.register_blueprint(health)
    return app
