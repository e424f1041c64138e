"""What a member sees first."""

from datetime import timedelta

from tests.factories import NOW, actor, make_activity, make_bank, make_meeting, make_member, system
from timebank.act import Act
from timebank.activities import service as activities_service
from timebank.activities import signing
from timebank.home import queries


def test_the_next_sessions_are_those_signed_up_for_and_two_that_have_places(session):
    bank = make_bank(session)
    ana, ben = make_member(session, bank), make_member(session, bank, "Ben")
    walk, cafe = make_activity(session, bank, title="Walk"), make_activity(session, bank)
    mine, full = (
        make_meeting(session, bank, walk, starts_at=NOW + timedelta(days=day), places=1)
        for day in (1, 2)
    )
    off, taken, *on = (
        make_meeting(session, bank, cafe, starts_at=NOW + timedelta(days=day), places=1)
        for day in range(3, 8)
    )
    make_meeting(session, bank, cafe, starts_at=NOW - timedelta(hours=2))
    for member, meetings in ((ana, [mine]), (ben, [full, taken]), (ana, [full, off])):
        for meeting in meetings:
            signing.sign_up(session, bank, meeting.id, member.id, Act(actor(member), NOW))
    activities_service.call_off(session, bank, off.id, Act(system(bank), NOW))
    found = queries.mine(session, bank, actor(ana), now=NOW)
    assert [one.row.id for one in found.coming] == [mine.id, full.id]
    assert found.in_line == {full.id}
    assert [one.row.id for one in found.on] == [one.id for one in on[:2]]
    signing.withdraw(session, bank, mine.id, ana.id, Act(actor(ana), NOW))
    found = queries.mine(session, bank, actor(ana), now=NOW)
    assert [one.row.id for one in found.coming] == [full.id]
    assert found.on[0].row.id == mine.id
