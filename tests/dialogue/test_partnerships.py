"""Partnerships."""

import pytest

from tests.dialogue.scene import Scene
from timebank.dialogue import partnerships
from timebank.dialogue.rules import NewPartnership
from timebank.errors import Invalid


def test_no_two_of_a_bank_have_one_name(scene: Scene) -> None:
    new = NewPartnership("Moray Street")
    made = partnerships.form_partnership(scene.session, scene.bank, new, scene.act())
    with pytest.raises(Invalid, match="There is a partnership of that name"):
        partnerships.form_partnership(scene.session, scene.bank, new, scene.act())
    with pytest.raises(Invalid, match="There is a partnership of that name"):
        partnerships.change(scene.session, scene.bank, scene.place_id, new, scene.act())
    again = partnerships.change(scene.session, scene.bank, made.id, new, scene.act())
    assert again.name == new.name
