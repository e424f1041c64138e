"""Pages of the fund: who may do what at which step."""

from flask import Flask

from tests.factories import make_bank, make_member
from tests.fund import rounds
from tests.fund.rounds import make_town
from timebank.db import transaction


def test_a_count_is_announced_once_both_who_check_it_said_so(app: Flask, sign_in) -> None:
    with app.app_context(), transaction() as session:
        town = make_town(session)
        round_id = rounds.counted(town).id
        ida = make_member(session, make_bank(session, slug="elsewhere"), "Ida").id
        at = f"/b/{town.bank.slug}/fund/{round_id}"
        kwame, owen, rosa = town.kwame.id, town.owen.id, town.rosa.id
        annes_account = town.anne.account_id
    assert sign_in(ida).post(f"{at}/same").status_code == 404
    stranger = sign_in(rosa)
    assert stranger.get(f"{at}/result").status_code == 404
    assert stranger.post(f"{at}/same").status_code == 403
    first, staff = sign_in(kwame), sign_in(owen)
    assert "I counted again and it is the same" in first.get(f"{at}/result").text
    assert first.post(f"{at}/same").status_code == 303
    assert "I counted again and it is the same" not in first.get(f"{at}/result").text
    early = staff.post(f"{at}/announce")
    assert early.status_code == 409
    assert "before they have counted again: Anne" in early.text
    # The staff write it down on the word of somebody who told them.
    assert staff.post(f"{at}/same", data={"on_word_of": annes_account}).status_code == 303
    assert staff.post(f"{at}/announce").status_code == 303
    assert staff.post(f"{at}/announce").status_code == 409
    assert "Tea and Tools" in stranger.get(f"{at}/result").text
