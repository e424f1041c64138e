"""Names are found without apostrophes, hyphens and strokes as well: the keys they are found by are
made anew.

Revision 0014, after 0013. Going back leaves the keys.
"""

import contextlib
import re
import unicodedata

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import DBAPIError

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

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


def _folded(name: str) -> str:
    # An accent that stands alone comes apart into a space, so it is taken out before as well.
    apart = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", name))
    letters = _APOSTROPHES.sub("", apart).translate(_STROKES).casefold()
    plain = "".join(
        letter
        for letter in letters
        if not unicodedata.combining(letter) and unicodedata.category(letter) != "Cf"
    )
    return " ".join(_DASHES.sub(" ", plain).split())[:240]


def upgrade() -> None:
    bind = op.get_bind()
    for table, name, key in (
        ("member", "name", "name_key"),
        ("contribution", "guest", "guest_key"),
    ):
        rows = sa.table(table, sa.column("id"), sa.column(name), sa.column(key))
        named = sa.select(rows.c.id, rows.c[name], rows.c[key]).where(rows.c[name].is_not(None))
        for row in bind.execute(named).all():
            if _folded(row[1]) == row[2]:
                continue
            anew = sa.update(rows).where(rows.c.id == row.id).values({key: _folded(row[1])})
            # A register that is in the books stays as it is, and so does a guest beside whom another
            # would now be called alike.
            with contextlib.suppress(DBAPIError), bind.begin_nested():
                bind.execute(anew)
    links = sa.table("area_link", sa.column("bank_id"), sa.column("area"), sa.column("other"))
    pairs = {
        (row.bank_id, *sorted((_folded(row.area), _folded(row.other))))
        for row in bind.execute(sa.select(links)).all()
    }
    bind.execute(sa.delete(links))
    apart = [
        {"bank_id": bank_id, "area": area, "other": other}
        for bank_id, area, other in sorted(pairs)
        if area != other
    ]
    if apart:
        bind.execute(sa.insert(links), apart)


def downgrade() -> None:
    """The keys stay: see above."""
