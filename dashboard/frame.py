"""What every page of the account and of the owner shows around its own matter."""

import sqlalchemy as sa
from flask import Response, g, make_response, render_template

from voice import clock, notices
from voice.firm import Business
from voice.installation import installation


def page(template: str, status: int = 200, **values: object) -> Response:
    """A page, with the time, the firm's zone and country, and how many notices the owner has not seen."""
    with installation().database.reading() as session:
        business = session.scalars(sa.select(Business)).first()
        unseen = len(notices.unseen(session)) if g.visit and g.visit.is_owner else 0
    firm = {"zone": business.time_zone if business else "UTC", "country": business.country if business else ""}
    return make_response(render_template(template, now=clock.now(), unseen=unseen, **(firm | values)), status)
