"""The tables of what staff know of people: tags, notes and changes, and files of contacts on their way in."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from voice.models import Base, new_id, one_of


class ContactTag(Base):
    """A word staff put on a person; it stands on each of their numbers."""

    __tablename__ = "contact_tags"
    number: Mapped[str] = mapped_column(sa.ForeignKey("contacts.number"), primary_key=True)
    tag: Mapped[str] = mapped_column(primary_key=True, index=True)


class ContactNote(Base):
    """One entry about a number: a note somebody wrote, or what somebody changed, in words."""

    __tablename__ = "contact_notes"
    __table_args__ = (
        one_of("kind", ("note", "change")),
        sa.Index("ix_contact_notes_number_at", "number", "at"),  # a person's history, newest first
    )
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(sa.ForeignKey("contacts.number"))
    kind: Mapped[str]
    at: Mapped[dt.datetime]
    by: Mapped[str]  # the name of whoever did it, as it was then
    words: Mapped[str]


class Import(Base):
    """A file of contacts: looked at first, then brought in by a job, a few rows a transaction."""

    __tablename__ = "imports"
    __table_args__ = (one_of("state", ("preview", "running", "done", "cancelled")),)
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    state: Mapped[str] = mapped_column(default="preview")
    at: Mapped[dt.datetime]
    by: Mapped[str]
    file_name: Mapped[str]
    total: Mapped[int] = mapped_column(default=0)  # rows that are to be written
    done: Mapped[int] = mapped_column(default=0)


class ImportRow(Base):
    """One person of such a file, with what would become of them."""

    __tablename__ = "import_rows"
    __table_args__ = (one_of("verdict", ("new", "changed", "same", "refused")),)
    import_id: Mapped[str] = mapped_column(sa.ForeignKey("imports.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)  # of the file, where the person begins
    verdict: Mapped[str]
    numbers: Mapped[list[Any]]  # E.164
    given: Mapped[dict[str, Any]]  # the members of rules.contact_files.Entry the file says something of
    words: Mapped[str]  # what changes, or why it is refused and what would mend it
    done: Mapped[bool] = mapped_column(default=False)


class Erasure(Base):
    """Everything of one person is to go. It names them only until that is done; then it says when, and who asked."""

    __tablename__ = "erasures"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    numbers: Mapped[list[Any]]  # E.164; none any more when it is done
    asked_by: Mapped[str]
    asked_at: Mapped[dt.datetime]
    done_at: Mapped[dt.datetime | None]
