"""What staff know of the people who ring: numbers of one person, tags, notes."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

CONTACT_COLUMNS = ("same_as", "vip", "do_not_text", "language")


def upgrade() -> None:
    with op.batch_alter_table("contacts") as contacts:
        contacts.add_column(sa.Column("same_as", sa.Text()))
        contacts.add_column(sa.Column("vip", sa.Boolean(), nullable=False, server_default=sa.false()))
        contacts.add_column(sa.Column("do_not_text", sa.Boolean(), nullable=False, server_default=sa.false()))
        contacts.add_column(sa.Column("language", sa.Text()))
        contacts.create_index("ix_contacts_same_as", ["same_as"])
    with op.batch_alter_table("calls") as calls:
        calls.add_column(sa.Column("verstat", sa.Text()))
    op.create_table(
        "contact_tags",
        sa.Column("number", sa.Text(), sa.ForeignKey("contacts.number", name="fk_contact_tags_number_contacts")),
        sa.Column("tag", sa.Text()),
        sa.PrimaryKeyConstraint("number", "tag", name="pk_contact_tags"),
    )
    op.create_index("ix_contact_tags_tag", "contact_tags", ["tag"])
    op.create_table(
        "contact_notes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('note', 'change')", name="ck_contact_notes_kind"),
        sa.ForeignKeyConstraint(["number"], ["contacts.number"], name="fk_contact_notes_number_contacts"),
        sa.PrimaryKeyConstraint("id", name="pk_contact_notes"),
    )
    op.create_index("ix_contact_notes_number_at", "contact_notes", ["number", "at"])
    op.create_table(
        "imports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('preview', 'running', 'done', 'cancelled')", name="ck_imports_state"),
        sa.PrimaryKeyConstraint("id", name="pk_imports"),
    )
    op.create_table(
        "import_rows",
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("given", sa.JSON(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.CheckConstraint("verdict IN ('new', 'changed', 'same', 'refused')", name="ck_import_rows_verdict"),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name="fk_import_rows_import_id_imports"),
        sa.PrimaryKeyConstraint("import_id", "line", name="pk_import_rows"),
    )


def downgrade() -> None:
    for table in ("import_rows", "imports", "contact_notes", "contact_tags"):
        op.drop_table(table)
    with op.batch_alter_table("calls") as calls:
        calls.drop_column("verstat")
    with op.batch_alter_table("contacts") as contacts:
        contacts.drop_index("ix_contacts_same_as")
        for column in CONTACT_COLUMNS:
            contacts.drop_column(column)
