"""The table of browsers that want to be woken when somebody is waiting."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from voice.models import Base, new_id


class Device(Base):
    """One browser of one user. Its address and keys come from its push service, and go when that forgets them."""

    __tablename__ = "devices"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(sa.ForeignKey("users.id"), index=True)
    sign_in_id: Mapped[str] = mapped_column(index=True)  # whoever ends it ends this; a session that lapses does not
    endpoint: Mapped[str] = mapped_column(unique=True)
    p256dh: Mapped[str]  # the browser's public key, base64url
    auth: Mapped[str]  # the secret it shares with us, base64url
    names: Mapped[bool] = mapped_column(default=False)  # whether it may show who is waiting
    added_at: Mapped[dt.datetime]
