"""Everything that reads what people and programs wrote, each as a function of what was written that
must hold whatever it was: what comes out is right, or a Refusal.

`tests/test_parsers.py` tries each with a hundred texts in every run and with many more in the long
one; there `tests/fuzz.py` too, if atheris is installed.
"""

import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

import marshmallow
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from timebank import hours, pictures, text
from timebank.access import rules as access_rules
from timebank.activities import rules as activity_rules
from timebank.codes import folded_code, grouped
from timebank.errors import Invalid
from timebank.imports import cards, cells
from timebank.imports.columns import Unit
from timebank.imports.reader import DELIMITERS, Row, Sheet
from timebank.imports.tables import opened
from timebank.members import rules as member_rules
from timebank.notices import rules as notice_rules
from timebank.say import Said
from timebank.schema import LARGEST_NUMBER, Code, Day, Minutes
from timebank.schema import Text as TextField
from timebank.times import parts_of, times_of
from timebank.web.paths import inside, row_id

TODAY = date(2026, 11, 12)

# What parsers stumble over: signs of other alphabets that count as digits or spaces, halves of
# letters, what begins a formula or ends a line.
_signs = st.sampled_from("0123456789hm:.,½¼¾+-/()@#'\"=;\t\r\n\0 ٣²Ⅷ\u200b\u202e\u0301\ud800🙂éßİ")
_texts = st.one_of(
    st.text(st.one_of(_signs, st.characters()), max_size=60),
    st.text(st.sampled_from("0123456789 hms:.,½"), max_size=24),
    st.integers().map(str),
)
_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), _texts),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=6,
)


@dataclass(frozen=True)
class Parser:
    """A parser with what it is tried with."""

    holds: Callable[..., None]
    inputs: dict[str, st.SearchStrategy[Any]]
    examples: tuple[dict[str, Any], ...] = ()

    def trial(self, most: int) -> Callable[[], None]:
        """A test of hypothesis, of so many inputs."""
        tried = given(**self.inputs)(self.holds)
        for one in self.examples:
            tried = example(**one)(tried)
        checks = list(HealthCheck)
        return settings(
            max_examples=most, deadline=None, database=None, suppress_health_check=checks
        )(tried)


# ---- Lengths of time, times and days ----


def a_length_of_time(written: str, large: bool) -> None:
    with suppress(Invalid):
        assert 0 <= hours.parse(written, large=large) <= hours.LARGEST


def a_length_of_time_in_a_field(written: Any) -> None:
    with suppress(marshmallow.ValidationError):
        assert abs(Minutes().deserialize(written)) <= hours.LARGEST


def a_day(written: Any) -> None:
    with suppress(marshmallow.ValidationError):
        assert isinstance(Day().deserialize(written), date)


def a_time_of_the_day(written: str) -> None:
    with suppress(Invalid):
        read = activity_rules.clock_time(written)
        assert activity_rules.clock_time(f"{read:%H:%M}") == read


def times_of_the_week(parts: list[int]) -> None:
    assert parts_of(times_of(parts)) == sorted(set(parts))


# ---- Who is meant ----


def a_party(written: Any) -> None:
    with suppress(Invalid):
        party = member_rules.party_name(written)
        assert member_rules.party_name(str(party)) == party
        assert party.id is None or 0 <= party.id <= LARGEST_NUMBER


def a_name(written: str) -> None:
    key = text.folded(written)
    assert text.folded(key) == key
    assert len(key) <= 240


def details_of_somebody(name: str, number: str, email: str, phone: str, born: date) -> None:
    details = member_rules.FullDetails(name, email, phone, None, None, born, None, number)
    with suppress(Invalid):
        kept = member_rules.checked(details, today=TODAY)
        assert kept.name == name.strip()
        assert text.folded(kept.name) or not kept.name.isalnum()
        assert member_rules.checked(kept, today=TODAY) == kept


def a_telephone(written: str) -> None:
    tail = member_rules.phone_tail(written)
    assert tail is None or (tail.isascii() and tail.isdigit())
    if notice_rules.can_be_texted(written):
        digits = notice_rules.dialled(written)
        assert digits.lstrip("+").isascii()
        assert 6 <= len(digits.lstrip("+")) <= 15


def an_address_of_mail(written: str) -> None:
    member_rules.fault_of_email(written)
    member_rules.folded_address("email", written)
    if notice_rules.is_address(written):
        assert not {*written} & {*" \r\n\0,;<>"}


# ---- Words, codes and addresses ----


def words_of_somebody(written: str) -> None:
    with suppress(Invalid):
        kept = text.tidy("words", written, 50)
        assert len(kept) <= 50
        assert "\0" not in kept
        kept.encode()
    with suppress(marshmallow.ValidationError):
        assert TextField(50).deserialize(written) is not None
    assert "\n" not in notice_rules.one_line(written, 20)
    assert len(notice_rules.one_line(written, 20)) <= 20
    member_rules.languages_of(written)
    access_rules.device_words(written)


def a_password(written: str) -> None:
    with suppress(Invalid):
        access_rules.check_password(written, [written[:3], None])
        assert len(access_rules.plain(written)) >= access_rules.SHORTEST_PASSWORD


def a_code(written: str) -> None:
    folded = folded_code(written)
    assert folded_code(folded) == folded
    if access_rules.fault_of_code(folded, 16) is None:
        assert folded.isascii()
        assert folded_code(grouped(folded)) == folded


def where_to_go_on(written: str) -> None:
    with Flask(__name__).test_request_context("/", base_url="http://here.example"):
        to = inside(written)
    assert to is None or (to.startswith("/") and not to.startswith(("//", "/\\")))
    with suppress(ValueError):
        assert 0 < row_id(written) <= LARGEST_NUMBER


def a_word_of_a_closed_set(written: Any) -> None:
    field = Code(access_rules.Scope)
    with suppress(marshmallow.ValidationError):
        assert field.deserialize(written) in list(access_rules.Scope)


# ---- Files ----


def a_table(content: bytes, encoding: str | None) -> None:
    with suppress(Invalid):
        sheet = Sheet(io.BytesIO(content), encoding)
        for delimiter in DELIMITERS:
            sheet.delimiter = delimiter
            with suppress(Invalid):
                for row in sheet.rows():
                    assert row.line >= 1
                    assert not any("\0" in cell for cell in row.cells)


def a_file_of_any_kind(content: bytes) -> None:
    with suppress(Invalid):
        for n, row in enumerate(opened(io.BytesIO(content)).rows()):
            # The headings of cards are ours, and stand on no line of the file.
            assert row.line >= 1 or (n == 0 and row == Row(0, list(cards.HEADINGS)))


def a_cell(written: str) -> None:
    day = cells.day_meant(written, None, TODAY, whole=False, ahead=False)
    assert isinstance(day, date | Said)
    for unit in Unit:
        assert isinstance(cells.amount_meant(written, unit, None), int | Said)


def _pictures() -> list[bytes]:
    made = []
    for kind in ("JPEG", "PNG", "WEBP", "GIF"):
        file = io.BytesIO()
        Image.new("RGB", (9, 7)).save(file, kind)
        made.append(file.getvalue())
    return made


PICTURES = _pictures()


def a_picture(picture: bytes, at: int, instead: bytes, cut: int) -> None:
    """A real picture with something else in its middle, or its end cut off."""
    place = at % len(picture)
    broken = picture[:place] + instead + picture[place + len(instead) :]
    with suppress(Invalid):
        small = pictures.shrunk(broken[: len(broken) - cut])
        assert max(small.size) <= pictures.LONGER_SIDE
        assert pictures.jpeg(small).startswith(b"\xff\xd8")


_line = st.lists(_texts, max_size=5)
_table = st.builds(
    lambda rows, delimiter, encoding: "\n".join(map(delimiter.join, rows)).encode(
        encoding, "replace"
    ),
    st.lists(_line, max_size=5),
    st.sampled_from(DELIMITERS),
    st.sampled_from(["utf-8", "utf-16", "cp1252", "latin-1"]),
)

PARSERS: dict[str, Parser] = {
    "length": Parser(
        a_length_of_time,
        {"written": _texts, "large": st.booleans()},
        ({"written": "876000:01", "large": False},),
    ),
    "minutes": Parser(a_length_of_time_in_a_field, {"written": _values}),
    "day": Parser(a_day, {"written": _values}, ({"written": "1/2/3"}, {"written": "٣/٣/2026"})),
    "clock": Parser(a_time_of_the_day, {"written": _texts}, ({"written": "٣ pm"},)),
    "times": Parser(times_of_the_week, {"parts": st.lists(st.integers(0, 20), max_size=9)}),
    "party": Parser(
        a_party,
        {"written": st.one_of(_values, _texts.map(lambda rest: f"member:{rest}"))},
        ({"written": "no: 17 "}, {"written": "member:9999999999"}),
    ),
    "name": Parser(a_name, {"written": _texts}, ({"written": "a" * 239 + " b"},)),
    "details": Parser(
        details_of_somebody,
        {
            **dict.fromkeys(("name", "number", "email", "phone"), _texts),
            "born": st.dates(),
        },
    ),
    "telephone": Parser(a_telephone, {"written": _texts}),
    "mail": Parser(
        an_address_of_mail,
        {"written": st.one_of(_texts, st.builds("{}@{}".format, _texts, _texts))},
    ),
    "words": Parser(words_of_somebody, {"written": _texts}),
    "password": Parser(a_password, {"written": _texts}),
    "code": Parser(a_code, {"written": _texts}),
    "going-on": Parser(
        where_to_go_on,
        {"written": st.one_of(_texts, _texts.map(lambda rest: f"/{rest}"))},
        tuple({"written": one} for one in ("//a", "/\\a", "\t//a", "/\t/a", "http://[", "/%00")),
    ),
    "choice": Parser(a_word_of_a_closed_set, {"written": _values}),
    "table": Parser(
        a_table,
        {
            "content": st.one_of(st.binary(max_size=200), _table),
            "encoding": st.sampled_from([None, "utf-8", "cp1252", "utf-16", "idna", "zip", "x"]),
        },
    ),
    "file": Parser(
        a_file_of_any_kind,
        {
            "content": st.builds(
                bytes.__add__,
                st.sampled_from([b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"BEGIN:VCARD\n", b""]),
                st.binary(max_size=200),
            )
        },
    ),
    "cell": Parser(a_cell, {"written": _texts}),
    "picture": Parser(
        a_picture,
        {
            "picture": st.sampled_from(PICTURES),
            "at": st.integers(0, 2000),
            "instead": st.binary(max_size=24),
            "cut": st.integers(0, 40),
        },
    ),
}
