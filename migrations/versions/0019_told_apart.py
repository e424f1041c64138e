"""People are found and known again by e-mail address, telephone number, address and area, however
they were typed; what was answered about the rows of a file is kept with it.

Revision 0019, after 0018.
"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_KEYS = {"email": 254, "phone": 9, "address": 240, "area": 240}
_INDEXED = ("email_key", "phone_key")
_ANSWERS = ("same_lines", "other_lines")
_SEPARATORS = re.compile(r"[\s,;.]+")
_STROKES = str.maketrans(
    {
        **dict.fromkeys("łŁ", "l"),
        **dict.fromkeys("øØ", "o"),
        **dict.fromkeys("đĐðÐ", "d"),
        **dict.fromkeys("ħĦ", "h"),
        **dict.fromkeys("ŧŦ", "t"),
        **dict.fromkeys("þÞ", "th"),
        **dict.fromkeys("æÆ", "ae"),
        **dict.fromkeys("œŒ", "oe"),
        "ı": "i",
    }
)
_APOSTROPHES = re.compile("['’‘ʼʹ′`´＇]")
_DASHES = re.compile("[-‐‑‒–—]")


def _folded(text: str) -> str:
    apart = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text))
    letters = _APOSTROPHES.sub("", apart).translate(_STROKES).casefold()
    plain = "".join(
        letter
        for letter in letters
        if not unicodedata.combining(letter) and unicodedata.category(letter) != "Cf"
    )
    return " ".join(_DASHES.sub(" ", plain).split())[:240]


def _key(detail: str, text: str | None) -> str | None:
    if not text or not text.strip():
        return None
    if detail == "email":
        return "".join(unicodedata.normalize("NFKC", text).casefold().split())[:254]
    if detail == "phone":
        digits = "".join(
            str(unicodedata.decimal(sign)) for sign in text if unicodedata.category(sign) == "Nd"
        )
        return digits[-9:] if len(digits) >= 6 else None
    return _folded(_SEPARATORS.sub(" ", text)) or None


def upgrade() -> None:
    for detail, longest in _KEYS.items():
        op.execute(f"ALTER TABLE member ADD COLUMN {detail}_key VARCHAR({longest})")
    for name in _ANSWERS:
        op.execute(f"ALTER TABLE upload ADD COLUMN {name} JSON")
    details = [sa.column(name, sa.String()) for name in _KEYS]
    keys = [sa.column(f"{name}_key", sa.String()) for name in _KEYS]
    rows = sa.table("member", sa.column("id", sa.Integer()), *details, *keys)
    bind = op.get_bind()
    for row in bind.execute(sa.select(rows.c.id, *(rows.c[name] for name in _KEYS))).all():
        made = {f"{name}_key": _key(name, getattr(row, name)) for name in _KEYS}
        if any(made.values()):
            bind.execute(sa.update(rows).where(rows.c.id == row.id).values(made))
    for key in _INDEXED:
        op.create_index(f"ix_member_bank_id_{key}", "member", ["bank_id", key])


def downgrade() -> None:
    for key in _INDEXED:
        op.drop_index(f"ix_member_bank_id_{key}", table_name="member")
    for detail in _KEYS:
        op.execute(f"ALTER TABLE member DROP COLUMN {detail}_key")
    for name in _ANSWERS:
        op.execute(f"ALTER TABLE upload DROP COLUMN {name}")
