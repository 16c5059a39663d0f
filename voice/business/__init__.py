"""business.toml: what `apply` reads and `export` writes; the settings pages edit the same things."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice.business.export import NoFirm, export
from voice.business.read import read
from voice.business.rows import write
from voice.business.table import BadBusiness
from voice.firm import Business

__all__ = ["BadBusiness", "NoFirm", "apply", "export"]


def apply(session: Session, text: str, now: dt.datetime) -> bool:
    """Make the firm what the file says; False when it was so already.

    Raises BadBusiness with every fault, before anything is touched. People and lines that are missing are switched
    off, never deleted. A file without [numbers] leaves blocked callers as they are.
    """
    if not write(session, read(text), now):
        return False
    session.flush()
    # Every process reads the firm anew when its version has grown, and the roster file follows.
    session.execute(sa.update(Business).values(version=Business.version + 1))
    return True
