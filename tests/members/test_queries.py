"""Finding people and whom an account belongs to."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.factories import NOW, actor, make_bank, make_member, make_organisation, system
from timebank.act import Act
from timebank.errors import Invalid, NotFound
from timebank.ledger import queries as ledger
from timebank.members import partners, queries, service
from timebank.members.queries import Party
from timebank.members.rules import Details


def test_every_account_belongs_to_somebody(session: Session) -> None:
    bank = make_bank(session)
    ana, partner = make_member(session, bank, number="A1"), make_organisation(session, bank)
    chest, opening = ledger.chest(session, bank), ledger.opening(session, bank)
    ids = [ana.account_id or 0, partner.account_id, chest.id, opening.id]
    found = queries.parties(session, bank, [*ids, 10_000])
    assert [found[account_id] for account_id in ids] == [
        Party(ids[0], "member", "Ana", number="A1", member_id=ana.id),
        Party(ids[1], "organisation", "Surgery", organisation_id=partner.id),
        Party(ids[2], "chest", "Community chest"),
        Party(ids[3], "opening", "Opening balances"),
    ]
    with pytest.raises(NotFound):
        queries.party(session, bank, 10_000)


def test_parties_are_found_by_number_or_by_every_word(session: Session) -> None:
    bank = make_bank(session)
    for name, number in (
        ("Pat Low", "7"),
        ("Pat Orr 7", "8"),
        ("José Pato", "9"),
        ("50% Off", "10"),
        ("50 Off", "11"),
    ):
        make_member(session, bank, name, number=number)
    make_organisation(session, bank, "Pat’s shop")
    service.join(session, bank, Details("Pat New"), now=NOW)
    partners.close_organisation(
        session, bank, make_organisation(session, bank, "Pat closed").id, Act(system(bank), NOW)
    )
    service.leave(session, bank, make_member(session, bank, "Pat Gone").id, Act(system(bank), NOW))
    expected = {
        "7": ["Pat Low"],
        "pat": ["José Pato", "Pat Low", "Pat Orr 7", "Pat’s shop"],
        "jose pat": ["José Pato"],
        "50%": ["50% Off"],
        "chest": ["Community chest"],
        "opening": [],
        "": [],
        "zzz": [],
        "pat\0": [],
    }
    for text, names in expected.items():
        assert [
            party.name
            for party in queries.find_parties(session, bank, text, within=queries.EVERYBODY)
        ] == names, text


def test_a_name_that_several_have_is_asked_back(session: Session) -> None:
    bank = make_bank(session)
    pat = make_member(session, bank, "Pat Low", number="7")
    make_member(session, bank, "Pat Orr", number="8")
    make_organisation(session, bank, "Low & Co")
    assert (
        queries.member_named(session, bank, "pat low", field="helper", within=queries.EVERYBODY).id
        == pat.id
    )
    with pytest.raises(Invalid, match="that could be Pat Low"):
        queries.member_named(session, bank, "low", field="helper", within=queries.EVERYBODY)
    with pytest.raises(Invalid) as refused:
        queries.member_named(session, bank, "pat", field="helper", within=queries.EVERYBODY)
    assert "Pat Low (Number 7) or Pat Orr (Number 8)" in str(refused.value.fields["helper"])
    with pytest.raises(Invalid):
        queries.member_named(session, bank, "chest", field="helper", within=queries.EVERYBODY)


def test_the_same_person_twice_is_noticed(session: Session) -> None:
    bank, other = make_bank(session), make_bank(session, name="Other")
    born = NOW.date().replace(year=1950)
    ana = make_member(session, bank, "Ana Ray", email="ana@example.org", date_of_birth=born)
    make_member(session, other, "Ana Ray", email="ana@example.org", date_of_birth=born)
    same_mail = service.join(session, bank, Details("A.", email="ANA@example.org"), now=NOW)
    same_day = service.join(session, bank, Details("ANA  ráy", date_of_birth=born), now=NOW)
    neither = service.join(session, bank, Details("Ana Ray"), now=NOW)
    look_alikes = {
        one.id: [
            found.id
            for found in queries.look_alikes(session, bank, [queries.traits(one)], but=one.id)[
                queries.traits(one)
            ]
        ]
        for one in (same_mail, same_day, neither)
    }
    assert look_alikes == {same_mail.id: [ana.id], same_day.id: [ana.id], neither.id: []}


def test_the_list_holds_everybody_once_in_order_of_names(session: Session) -> None:
    bank = make_bank(session)
    made = [
        make_member(session, bank, name) for name in ("Zoë", "ana", "Émile", "Ana", "Eve", "émile")
    ]
    seen: list[int] = []
    after = None
    while True:
        found = queries.members(session, bank, after=after, limit=2)
        seen += [member.id for member in found[:2]]
        if len(found) <= 2:
            break
        after = found[1].id
    assert sorted(seen) == sorted(member.id for member in made)
    names = [queries.member(session, bank, member_id).name_key for member_id in seen]
    assert names == sorted(names)


def test_the_list_is_filtered(session: Session) -> None:
    bank = make_bank(session)
    make_member(session, bank, "Ana")
    make_member(session, bank, "Bo", role="broker")
    make_member(session, bank, "Cy", capacity="planner", status="paused")
    service.join(session, bank, Details("Di"), now=NOW)
    expected: list[tuple[dict[str, Any], list[str]]] = [
        ({}, ["Ana", "Bo", "Cy"]),
        ({"status": "active"}, ["Ana", "Bo"]),
        ({"status": "applied"}, ["Di"]),
        ({"role": "broker"}, ["Bo"]),
        ({"capacity": "planner"}, ["Cy"]),
        ({"capacity": "planner", "status": "active"}, []),
    ]
    for wanted, names in expected:
        assert [member.name for member in queries.members(session, bank, **wanted)] == names


def test_staff_are_those_of_the_bank_who_take_part(session: Session) -> None:
    bank, elsewhere = make_bank(session), make_bank(session, name="Elsewhere")
    make_member(session, bank, "Ana")
    away = make_member(session, bank, "Away", role="broker")
    for one, name in ((bank, "Bo"), (elsewhere, "Eve")):
        make_member(session, one, name, role="broker")
    service.pause(session, bank, away.id, Act(system(bank), NOW))
    assert [one.name for one in queries.staff(session, bank)] == ["Bo"]


def test_nobody_of_another_bank_may_be_acted_for(session: Session) -> None:
    here, there = make_bank(session), make_bank(session, name="There")
    ana = make_member(session, here)
    assert queries.may_act_for(session, there, actor(ana)) == set()
    assert queries.may_act_for(session, here, system(here)) == set()
