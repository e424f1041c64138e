"""What can be read, and what is said about the rest."""

import io
import re

import pytest

from timebank.tables.errors import BadFile
from timebank.tables.reader import LONGEST_LINE, Sheet

TABLE = "number,name\n1,Ána Peña\n2,Zoë Müller\n"


def rows(content: bytes, encoding: str | None = None, delimiter: str = "") -> list[list[str]]:
    sheet = Sheet(io.BytesIO(content), encoding)
    sheet.delimiter = delimiter or sheet.delimiter
    return [row.cells for row in sheet.rows()]


def refused(content: bytes, encoding: str | None = None) -> str:
    with pytest.raises(BadFile) as refusal:
        rows(content, encoding)
    return str(refusal.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_recognised_by_itself(encoding: str):
    assert rows(TABLE.encode(encoding))[1:] == [["1", "Ána Peña"], ["2", "Zoë Müller"]]


@pytest.mark.parametrize("encoding", ["windows-1252", "iso-8859-15", "mac-roman"])
def test_another_encoding_is_read_when_it_is_named(encoding: str):
    assert rows(TABLE.encode(encoding), encoding)[2] == ["2", "Zoë Müller"]


@pytest.mark.parametrize("encoding", ["windows-1252", "mac-roman"])
def test_what_is_not_utf_8_is_read_as_it_makes_sense(encoding: str):
    sheet = Sheet(io.BytesIO(TABLE.encode(encoding)))
    assert (sheet.encoding, sheet.guessed) == (encoding, True)
    assert [row.cells for row in sheet.rows()][1:] == [["1", "Ána Peña"], ["2", "Zoë Müller"]]


def test_utf_8_with_a_broken_letter_is_refused_with_the_place():
    before = "1,aña\n".encode() * 50_000
    words = refused(before + "2,Zoë\n".encode("windows-1252"))
    assert words.startswith("Line 50001: Byte 350,004 is not UTF-8.")
    assert "CSV UTF-8" in words


def test_utf_8_is_not_read_as_anything_else():
    assert "written in UTF-8" in refused(TABLE.encode(), "windows-1252")


def test_plain_ascii_may_be_called_anything():
    assert rows(b"number,name\n1,Ana\n", "windows-1252")[1] == ["1", "Ana"]


def test_an_unknown_encoding_is_named():
    assert "“klingon” is not the name of an encoding" in refused(b"a,b\n", "klingon")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file is empty."),
        (b" \n\r\n", "The file is empty."),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"\x1f\x8b\x08\x00", "compressed"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"number,name\n1,A\x00na\n", "NUL"),
    ],
)
def test_what_is_no_text_is_refused_in_words(content: bytes, says: str):
    assert says in refused(content)


def test_a_null_character_is_found_wherever_it_stands():
    assert refused(b"number,name\n" + b"1,Ana\n" * 20_000 + b"2,B\0n\n").startswith("Line 20002:")


def test_a_line_without_end_is_not_read_whole():
    assert "longer than any row" in refused(b"number,name\n" + b"x" * (LONGEST_LINE + 1))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_known_without_its_mark(encoding: str):
    assert rows(TABLE.encode(encoding))[2] == ["2", "Zoë Müller"]


def test_excel_says_itself_by_what_cells_are_parted():
    sheet = Sheet(io.BytesIO(b"sep=;\r\nnumber;name\r\n22;Vale, Erna\r\n"))
    assert [(row.line, row.cells) for row in sheet.rows()] == [
        (2, ["number", "name"]),
        (3, ["22", "Vale, Erna"]),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_endings_of_every_kind(delimiter: str, ending: str):
    text = ending.join([delimiter.join(["number", "name"]), delimiter.join(["1", "Ana"]), ""])
    assert rows(text.encode()) == [["number", "name"], ["1", "Ana"]]


def test_empty_rows_are_passed_over_and_lines_keep_their_numbers():
    sheet = Sheet(io.BytesIO(b"a,b\n\n,,\n1,2\n"))
    assert [(row.line, row.cells) for row in sheet.rows()] == [(1, ["a", "b"]), (4, ["1", "2"])]


def test_a_value_may_hold_line_breaks_and_quotes():
    sheet = Sheet(io.BytesIO(b'a,b\n1,"two, \nlines and ""quotes"""\n3,4\n'))
    assert [(row.line, row.cells) for row in sheet.rows()][1:] == [
        (2, ["1", 'two, \nlines and "quotes"']),
        (4, ["3", "4"]),
    ]


HIDDEN = [
    ('a,b,c\n1,"2,3\n4,5,6\n7,8,9\n', 2, "never closed"),
    ('a,b,c\n1,2,3\n4,"big" dog,6\n7,8,9\n', 3, "in the middle"),
    ('a,b,c\n1,"2,3\n4,5,6\n7,"8",9\n', 2, "closes on line 4"),
    ('a,b,c\n1,"2,3\n4,5,6\n7,8",9\n', 2, "closes on line 4"),
    ('a,b,c\n1,2,"3\n4,5,6"\n', 2, "closes on line 3"),
    ('a,b,c\n"1,2,3\n4",5,6\n', 2, "closes on line 3"),
]


@pytest.mark.parametrize(("text", "line", "says"), HIDDEN)
def test_a_hidden_quote_does_not_swallow_rows(text: str, line: int, says: str):
    words = refused(text.encode())
    assert words.startswith(f"Line {line}: ")
    assert says in words
    assert "Take that quote" in words


def test_a_quote_that_swallows_more_than_a_value_can_hold_is_found():
    assert "never closed" in refused(('a,b,c\n1,"2,3\n' + "4,5,6\n" * 40_000 + '7,8",9\n').encode())


def test_a_quote_inside_a_plain_value_is_part_of_it():
    assert rows(b'a,b\n1,a 6" shelf\n')[1] == ["1", 'a 6" shelf']


def test_a_file_is_read_as_often_as_needed():
    sheet = Sheet(io.BytesIO(TABLE.encode()))
    assert [row.cells for row in sheet.head(1)] == [["number", "name"]]
    first, second = list(sheet.rows()), list(sheet.rows())
    assert first == second
    assert sheet.position == sheet.size


def test_every_refusal_names_the_field_of_the_form():
    with pytest.raises(BadFile) as refusal:
        Sheet(io.BytesIO(b""))
    assert list(refusal.value.fields) == ["file"]
    assert str(refusal.value) == "The file is empty."
    assert re.fullmatch(r"bad_file", refusal.value.code)
