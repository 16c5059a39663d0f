"""Texts to a line. They are kept word for word (in the carrier events) and answered with silence: we do not chat."""

from sqlalchemy.orm import Session

from voice.carrier import twiml
from voice.carrier.delivery import Delivery
from voice.carrier.webhooks import text


@text("/sms/incoming")
def incoming_text(session: Session, delivery: Delivery) -> str:
    """Somebody texted a line. STOP and its kin are answered, and obeyed, by the carrier itself."""
    return twiml.empty()
