"""Codes are read out, written down and typed."""

from timebank import codes


def test_a_code_survives_being_read_out_and_written_down():
    assert codes.folded_code(" 7KQF 2mpx-9dtw–H3VN ") == "7kqf2mpx9dtwh3vn"
    assert codes.folded_code("O1lI") == "0111"
    assert not set("iluo") & set(codes.CODE_LETTERS)
    assert codes.grouped("7kqf2mpx9dtwh3vn") == "7kqf-2mpx-9dtw-h3vn"


def test_a_drawn_code_is_as_long_as_asked_and_never_the_same():
    drawn = {codes.new_code(16) for _ in range(200)}
    assert len(drawn) == 200
    assert {len(code) for code in drawn} == {16}
    assert all(codes.folded_code(codes.grouped(code)) == code for code in drawn)
