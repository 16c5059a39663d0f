"""All routes the carrier calls, registered: the web process answers them, the worker reads the spool back by them."""

from voice.carrier import inbound, ladder, ring_back, staff_legs, texts
from voice.carrier.webhooks import phone, read_spool

HANDLERS = (inbound, ladder, ring_back, staff_legs, texts)  # importing them has registered their routes

__all__ = ["HANDLERS", "phone", "read_spool"]
