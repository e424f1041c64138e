"""A small town for walking through pages: one bank with a person of each role and one thing of each
kind."""

import io
import math
import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from flask import Flask
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.copies import Rows
from tests.factories import (
    actor,
    change_listing,
    make_activity,
    make_bank,
    make_check,
    make_group,
    make_logged_exchange,
    make_meeting,
    make_member,
    make_organisation,
    post_listing,
    system,
)
from timebank import clock
from timebank.access import commissioners, links
from timebank.access.rules import NewCommissioner
from timebank.act import Act, Actor, Channel, Role, Word
from timebank.activities import evidence, posting, register, signing
from timebank.activities import queries as activities_queries
from timebank.activities import service as activities_service
from timebank.activities.rules import Mark, NewOutcome, NewPhoto, NewQuote, NewSponsorship
from timebank.app import FEATURES
from timebank.banks.models import Bank
from timebank.calendars import service as calendars_service
from timebank.db import db, transaction
from timebank.desk import service as desk_service
from timebank.desk.rules import NewNote
from timebank.dialogue import (
    audit_queries,
    audits,
    commitments,
    contacts,
    conversations,
    evaluations,
    partnerships,
    sorting,
)
from timebank.dialogue.audit_rules import (
    NewAudit,
    NewDetails,
    NewRound,
    NewSheet,
    NewThemes,
    Sorting,
)
from timebank.dialogue.rules import (
    Decision,
    Frame,
    NewCommitment,
    NewOption,
    NewPartner,
    NewPartnership,
    NewPoint,
    NewPriority,
    NewStep,
    NewVerdict,
    Owner,
    PointKind,
    Priorities,
    Reached,
    StepKind,
    Way,
)
from timebank.exchanges import gifts, thanks
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.letters import CONFIRM
from timebank.exchanges.rules import NewGift, Proposal
from timebank.feature import ask_of
from timebank.fund import awards, money, small, voting
from timebank.fund import rules as fund_rules
from timebank.fund import service as fund_service
from timebank.fund.models import Proposal as Idea
from timebank.fund.models import Round
from timebank.fund.rules import (
    Checked,
    Days,
    Finding,
    FundUnit,
    NewCeiling,
    NewProposal,
    NewSmallAward,
    PutIn,
    RoundState,
    Scrutineers,
    Ticks,
)
from timebank.home.rules import WEEKLY
from timebank.imports import service as imports_service
from timebank.imports.rules import Files, How, Imported, NewUpload
from timebank.ledger import queries as ledger
from timebank.lists import queries as lists
from timebank.lists import service as lists_service
from timebank.lists.rules import (
    Doing,
    FieldWords,
    Kept,
    ListKind,
    NewName,
    Ticked,
    Verb,
    Wanted,
)
from timebank.mailings import service as mailings_service
from timebank.mailings.rules import NewAnnouncement, NewMailing, Recipients
from timebank.matching import service as matching_service
from timebank.matching.rules import NewIntroduction
from timebank.measures.figures import Topic
from timebank.measures.windows import Period
from timebank.members import helping, partners, portraits, sayings
from timebank.members import service as members_service
from timebank.members.models import Member, Organisation
from timebank.members.rules import (
    Capacity,
    Details,
    NewContact,
    NewPicture,
    Showing,
    Sight,
    Wishes,
)
from timebank.merging import service as merging_service
from timebank.merging.rules import Wanted as MergeWanted
from timebank.messages import service as messages_service
from timebank.messages.rules import Complaint, Words
from timebank.notices import queries as notices
from timebank.notices import service as notices_service
from timebank.notices.models import Notice
from timebank.notices.rules import Addressee, Letter, NewDevice, NoticeChannel
from timebank.notices.service import Digest
from timebank.reports import addresses, schedules, stories
from timebank.reports.rules import NewStory, StoryAgreement
from timebank.reports.schedules import NewSchedule
from timebank.safeguarding import service as safeguarding_service
from timebank.safeguarding.rules import Booking, Doorstep, NewConcern, Renewal
from timebank.say import say
from timebank.settings import service as settings_service
from timebank.settings.rules import NewBankPicture
from timebank.skills import queries as skills
from timebank.skills import service as skills_service
from timebank.skills.rules import TwoAreas
from timebank.surveys import answering, equality
from timebank.surveys import service as surveys_service
from timebank.surveys.rules import Answers, Asked, EqualityAnswers, EqualityAsked, NewScale, NewWave


@dataclass
class Town:
    """Ids of what there is. `examples` gives, for each name that stands in an address, values to
    try."""

    slug: str
    people: dict[str, int]
    examples: dict[str, Sequence[object]] = field(default_factory=dict)


EVERYTHING_SHOWN = Showing(
    **{
        name: "It is good to be asked." if name == "street" else True
        for name in Showing.__dataclass_fields__
    }
)
"""A page with all there can be on it."""

_BUILT: dict[tuple[str, str], tuple[float, Town, Rows]] = {}
"""By engine and language: when it was built, what, and the rows of it."""

_FRESH = 300
"""Seconds for which a copy is as good as the town: what can still be undone there, can be for some
minutes more."""


def build(app: Flask, *, language: str = "en") -> Town:
    """Fill an empty database; the bank speaks this language.

    To build it takes two seconds, to copy it a moment. So it is built once per engine, and the next
    databases get a copy of its rows while it is fresh.
    """
    with app.app_context():
        engine = db.engine
    key = (engine.dialect.name, language)
    built_at, town, rows = _BUILT.get(key, (-math.inf, None, None))
    if town is None or rows is None or time.monotonic() - built_at > _FRESH:
        town = _build(app, language)
        _BUILT[key] = time.monotonic(), deepcopy(town), Rows(engine)
        return town
    rows.copy_to(engine)
    return deepcopy(town)


def _build(app: Flask, language: str) -> Town:
    with app.app_context(), transaction() as session:
        now = clock.now()
        bank = make_bank(
            session,
            name="Alder Row Time Bank",
            slug="alder-row",
            contact_name="Maggie Dunne",
            contact_phone="01632 960 142",
        )
        bank.language = bank.languages = language
        bank.feed, bank.embeds = True, "https://council.example"
        bank.colour = "#1f5f8b"
        joan = make_member(
            session,
            bank,
            "Joan Whitlock",
            email="joan@example.org",
            area="Alder Row",
            phone="01632 960 187",
            date_of_birth=now.date().replace(year=1948),
        )
        ravi = make_member(session, bank, "Ravi Mehta", email="ravi@example.org", area="Mill Lane")
        edith = make_member(
            session, bank, "Edith Grant", area="Canal Street", about="Ring after eleven."
        )
        maggie = make_member(
            session, bank, "Maggie Dunne", role="broker", email="maggie@example.org"
        )
        owen = make_member(
            session, bank, "Owen Pritchard", role="coordinator", email="owen@example.org"
        )
        helping.grant_helper(
            session, bank, edith.id, joan.id, Act(actor(maggie), now), relation="neighbour"
        )
        nell = make_member(
            session, bank, "Nell Ashby", address="3 Weaver’s Yard\nAlder Row\nAL4 2RT"
        )
        members_service.set_preference(
            session, bank, nell.id, Wishes(channel="letter"), Act(actor(maggie), now)
        )
        helping.grant_helper(session, bank, edith.id, nell.id, Act(actor(maggie), now))
        surgery = make_organisation(session, bank, "St Anne’s surgery")
        partners.add_contact(
            session,
            bank,
            surgery.id,
            NewContact("Ravi Mehta", member_id=ravi.id),
            Act(actor(maggie), now),
        )
        choir = make_group(session, bank, "Canal choir", [joan, ravi])
        eileen = members_service.join(
            session,
            bank,
            Details("Eileen Marsh", phone="01632 960 155", about="I read aloud."),
            now=now,
        )
        half_good = b"number,name,email\n71,Tom Keane,tom@example.org\n72,,no address\n"
        upload = imports_service.hand_in(
            session,
            bank,
            NewUpload(How(Imported.MEMBERS), Files("members.csv", half_good)),
            Act(actor(owen), now),
        )
        check, kind_id = _safeguarding(session, bank, joan, maggie)
        apart = helping.keep_apart(session, bank, joan.id, edith.id, Act(actor(maggie), now))
        listings = _listings(session, bank, joan, ravi)
        introduced = matching_service.introduce(
            session,
            bank,
            listings[-1],
            NewIntroduction(giver_id=joan.account_id or 0),
            Act(actor(maggie), now),
        )
        note = desk_service.note_call(
            session,
            bank,
            joan.id,
            NewNote(words="Rang about the lift.\n\nNobody there.", next_on=now.date()),
            Act(actor(maggie), now),
        )
        tried = desk_service.no_answer(session, bank, edith.id, Act(actor(maggie), now))
        helped, gift_id = _exchanges(session, bank, joan, ravi, maggie)
        # Edith is rung, and can say on the phone whether it is right.
        make_logged_exchange(
            session, bank, ravi, edith, 30, title="Bulbs", now=now, occurred_on=now.date()
        )
        _shown(session, bank, [joan, ravi, nell], helped[3])
        mark = portraits.put(
            session,
            bank,
            joan.id,
            NewPicture(picture_file(), Sight.MEMBERS),
            Act(actor(joan), now),
        ).mark
        logo = settings_service.put_logo(session, bank, _sign(), Act(actor(owen), now))
        street = settings_service.put_picture(
            session, bank, NewBankPicture(picture_file(), "The canal"), Act(actor(owen), now)
        )
        together = _activities(session, bank, joan, ravi, surgery)
        conversations, written, report_id = _messages(
            session, bank, joan, ravi, (maggie, owen), listings[0], helped[0]
        )
        reader = commissioners.invite(
            session,
            bank,
            NewCommissioner("Jo Lister", "jo@council.example", "Council"),
            Act(actor(owen), now),
        )
        sent = schedules.add(
            session,
            bank,
            NewSchedule(Topic.RECIPROCITY, Period.QUARTER, actor(owen).key),
            Act(actor(owen), now),
        )
        twin = make_member(session, bank, "Joan Whitlok", number="901", phone=joan.phone)
        twice = make_member(session, bank, "Edit Moss", number="902")
        merged = merging_service.merge(
            session,
            bank,
            twice.id,
            MergeWanted(edith.id, "She said so on the phone."),
            FEATURES,
            Act(actor(owen), now),
        )
        return Town(
            slug=bank.slug,
            people={"member": joan.id, "broker": maggie.id, "coordinator": owen.id},
            examples={
                "bank": [bank.slug],
                "member_id": [joan.id, edith.id],
                "twin_id": [twin.id],
                "merge_id": [merged.id],
                "mark": [mark, street.mark],
                "logo_mark": [logo.mark],
                "palette": ["1f5f8b"],
                "neighbour_id": [ravi.id],
                "applicant_id": [eileen.id],
                "check_id": [check],
                "kind_id": [kind_id],
                "concern_id": _concerns(session, bank, edith, maggie, owen),
                "apart_id": [apart.id],
                "organisation_id": [surgery.id],
                "group_id": [choir.id],
                "exchange_id": helped,
                "gift_id": [gift_id],
                "upload_id": [upload.id],
                "kind": ["members", "hours", "gifts", "postings", "offers", "requests"],
                "listing_kind": ["offers", "requests"],
                "listing_id": listings,
                "introduction_id": [introduced.id],
                "notice_id": [
                    *[one.id for one in notices.to_pass_on(session, bank)[:2]],
                    *[one.id for one in notices.to_pass_on(session, bank) if one.asks == CONFIRM],
                ],
                "note_id": [note.id],
                "try_id": [tried.id],
                "category_id": [branch.category.id for branch in skills.tree(session, bank)[:2]],
                "skill_id": [
                    skill.id for skill in skills.tree(session, bank, retired=True)[0].skills[:2]
                ],
                "conversation_id": conversations,
                "message_id": written,
                "report_id": [report_id],
                **together,
                "commissioner_id": [reader.id],
                "schedule_id": [sent.id],
                "story_id": _stories(session, bank, joan, owen),
                **_dialogue(session, bank, joan, (owen, maggie), together),
                "account_id": [ravi.account_id or 0],
                "name": ["reciprocity", "participation", "activities"],
                **_surveys(session, bank, joan),
                **_audits(session, bank, joan),
                **_fund(session, bank, (owen, joan, edith, maggie, nell, ravi)),
                "tag": ["exchanges", "reports"],
                "call": ["exchanges.confirm", "reports.readers"],
                "file_format": ["csv", "xlsx", "json", "meta"],
                "funder_format": ["pdf", "xlsx", "json"],
                "table_format": ["csv", "xlsx"],
                "code": [links.make(session, bank, joan.id, Act(actor(maggie), now))],
                "device_id": [_device(session, bank, joan)],
                **_lists(session, bank, joan, maggie, owen),
                "key": [calendars_service.make(session, bank, Act(actor(joan), now))],
                "letter_code": _letters(app, session, bank, [joan, maggie, owen]),
            },
        )


def _lists(
    session: Session, bank: Bank, joan: Member, maggie: Member, owen: Member
) -> dict[str, Sequence[object]]:
    """A tag and a field that Joan has, a list that is saved; and what was ticked: to be labelled,
    tagged, put into a file, and tagged next."""
    act = Act(actor(maggie), clock.now())
    field = lists_service.add_field(session, bank, NewName("Key safe"), Act(actor(owen), act.now))
    keeps = Kept(new_tags=["Drives"], words=[FieldWords(field.id, "Under the stone")])
    lists_service.keep(session, bank, joan.id, keeps, act)
    tag_id = lists.tags(session, bank)[0].id
    saved = lists_service.save_list(session, bank, Wanted(tag=tag_id), NewName("Drivers"), act)
    runs = {
        verb: lists_service.tick(
            session, bank, Wanted(), Ticked(verb, [joan.id, maggie.id]), act
        ).id
        for verb in (Verb.LABELS, Verb.TAG, Verb.EXPORT, Verb.UNTAG)
    }
    for verb in (Verb.LABELS, Verb.TAG, Verb.EXPORT):
        lists_service.do(session, bank, runs[verb], Doing(tag=tag_id), act)
    return {
        "tag_id": [tag_id],
        "field_id": [field.id],
        "saved_id": [saved.id],
        "run_id": list(runs.values()),
        "list_kind": list(ListKind),
        **_mailings(session, bank, [joan.id, maggie.id], act),
    }


def _mailings(
    session: Session, bank: Bank, two: Sequence[int], act: Act
) -> dict[str, Sequence[object]]:
    """A letter to two that was sent, one that was not, and an announcement."""
    words = NewMailing("The hall is shut", "Dear {first name},\n\ngo round by the yard.")
    to = Recipients(members=tuple(two))
    ids = [mailings_service.write(session, bank, words, to, act).id for _ in range(2)]
    mailings_service.send(session, bank, ids[0], act)
    today = act.now.date()
    new = NewAnnouncement("The hall is shut", "Until Friday.", today, today + timedelta(days=7))
    announced = mailings_service.announce(session, bank, new, act)
    return {"mailing_id": ids, "announcement_id": [announced.id]}


def _stories(session: Session, bank: Bank, joan: Member, owen: Member) -> list[int]:
    """A story that Joan agreed to, with a picture, and one she has still to agree to; her address
    is on the list."""
    now = clock.now()
    picture = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(picture, "JPEG")
    new = NewStory("I know the street now.", "J., 74", picture.getvalue(), "A street.")
    ids = [stories.write(session, bank, joan.id, new, Act(actor(owen), now)).id for _ in range(2)]
    stories.agree(session, bank, ids[0], StoryAgreement(Channel.WEB, now), Act(actor(joan), now))
    if joan.email:
        addresses.agree(session, bank, joan.id, Channel.WEB, Act(actor(joan), now))
    return ids


def _sign() -> bytes:
    """A logo that one looks through."""
    out = io.BytesIO()
    Image.new("RGBA", (80, 60), (31, 95, 139, 120)).save(out, "PNG")
    return out.getvalue()


def _device(session: Session, bank: Bank, joan: Member) -> int:
    """A phone on which Joan is told."""
    told = NewDevice("Firefox on Android", "https://web.push.apple.com/joan", "key", "secret")
    key = f"member:{joan.id}"
    return notices_service.add_device(
        session, bank, key, told, server_key="ours", now=clock.now()
    ).id


def _safeguarding(session: Session, bank: Bank, joan: Member, maggie: Member) -> tuple[int, int]:
    """A check that was renewed and ends soon, with a day on which the new paper is brought, another
    that has run out, one that was undone, and whom to ring for Joan. The ids of the first, and of a
    kind."""
    now, by = clock.now(), Act(actor(maggie), clock.now())
    first = make_check(
        session,
        bank,
        joan,
        "criminal_record",
        since=now.date() - timedelta(days=300),
        until=now.date() + timedelta(days=10),
        number="0012 3456",
        act=by,
    )
    paper = Renewal(first.held_since, first.expires_on, "0012 3457")
    renewed = safeguarding_service.renew(session, bank, first.id, paper, by)
    make_check(session, bank, joan, "first_aid", until=now.date() - timedelta(days=3), act=by)
    wrong = make_check(session, bank, joan, "references", act=by)
    safeguarding_service.undo(session, bank, wrong.id, by)
    booking = Booking(now.date() + timedelta(days=4), "At the office, from ten")
    safeguarding_service.book(session, bank, renewed.id, booking, by)
    doorstep = Doorstep(
        "Ruth Ellis", "Her daughter", "01632 960 111", "Ring twice.", on_visits=True
    )
    safeguarding_service.set_doorstep(session, bank, joan.id, doorstep, by)
    return renewed.id, renewed.kind_id


def _fund(session: Session, bank: Bank, people: tuple[Member, ...]) -> dict[str, Sequence[object]]:
    """A round of money that was announced, with an award; one that is voted on; and one that takes
    ideas, with what was said of one."""
    owen, joan, edith, maggie, nell, ravi = people
    now = clock.now()
    by, mine, today = Act(actor(owen), now), Act(actor(joan), now), now.date()
    week = timedelta(days=7)
    days = Days(today - 3 * week, today - 2 * week, today - week, today - week, today, today + week)
    council = make_organisation(session, bank, "Alder Row council")
    money.put_in(session, bank, council.id, PutIn(402_000, today), by)
    # Somebody who looks ideas over as a professional.
    usual, maggie.capacity = maggie.capacity, Capacity.PLANNER
    rounds: list[Round] = []
    ideas: list[Idea] = []
    for title in ("The winter fund", "The spring fund", "The summer fund"):
        new = fund_rules.NewRound(
            title, "Things to do.", "Wages.", FundUnit.PENCE, 200_000, 100, 90_000, days
        )
        rounds.append(fund_service.plan_round(session, bank, new, by))
        fund_service.open_ideas(session, bank, rounds[-1].id, by)
        for name, cost in (("Tea and Tools", 45_000), ("A pond", 90_000)):
            idea = NewProposal(name, "Every Friday.", cost)
            ideas.append(fund_service.propose(session, bank, rounds[-1].id, idea, mine))
    said = fund_rules.NewPoint(PointKind.QUESTION, "Where would it be?")
    point = fund_service.speak(session, bank, ideas[-1].id, said, Act(actor(edith), now))
    for one in rounds[:2]:
        fund_service.move_on(session, bank, one.id, RoundState.CHECKING, "", by)
        for idea in ideas:
            if idea.round_id == one.id:
                found = Checked(nell.id, maggie.id, Finding.CAN)
                fund_service.check(session, bank, idea.id, found, by)
        fund_service.move_on(session, bank, one.id, RoundState.TALKING, "", by)
        fund_service.open_voting(session, bank, one.id, Scrutineers(nell.id, ravi.id), by)
    small.settle_ceiling(session, bank, NewCeiling(FundUnit.PENCE, 20_000, 90_000), by)
    panel = (nell.id, ravi.id, maggie.id)
    lamp = ("A lamp", FundUnit.PENCE, 2_000, joan.account_id or 0, "It is dark.")
    decided = NewSmallAward(*lamp, panel, today, today + week)
    given = small.decide_small(session, bank, decided, by)
    maggie.capacity = usual
    voting.vote(session, bank, rounds[0].id, Ticks([ideas[0].id]), mine)
    voting.close(session, bank, rounds[0].id, None, by)
    voting.count_round(session, bank, rounds[0].id, now=now)
    for one in (nell, ravi):
        voting.say_same(session, bank, rounds[0].id, Act(actor(one), now))
    voting.announce(session, bank, rounds[0].id, by)
    award = awards.award(session, bank, ideas[0].id, "", by)
    return {
        "round_id": [one.id for one in rounds],
        "proposal_id": [ideas[0].id, ideas[-1].id],
        "point_id": [point.id],
        "award_id": [award.id],
        "small_id": [given.id],
    }


def _concerns(
    session: Session, bank: Bank, edith: Member, maggie: Member, owen: Member
) -> list[int]:
    """A concern that Owen has read, and one that he wrote down himself."""
    now = clock.now()
    first, own = (
        safeguarding_service.write_concern(
            session, bank, NewConcern(edith.id, "No light for two days."), Act(actor(by), now)
        )
        for by in (maggie, owen)
    )
    safeguarding_service.read_concern(session, bank, first.id, Act(actor(owen), now))
    return [first.id, own.id]


def _activities(
    session: Session, bank: Bank, joan: Member, ravi: Member, surgery: Organisation
) -> dict[str, Sequence[int]]:
    """An activity that Joan leads, with a session at each place of its life and what is agreed; and
    one that is over."""
    now, by = clock.now(), {"act": Act(system(bank), clock.now())}
    cafe = make_activity(
        session,
        bank,
        rule="attendees_pay",
        payer_id=None,
        resident_lead_id=joan.id,
        place="The hall",
        public=True,
        **by,
    )
    walk = make_activity(session, bank, title="Walk", payer_id=surgery.account_id, **by)
    activities_service.end(session, bank, walk.id, **by)
    planned, off, open_, posted = (
        make_meeting(session, bank, cafe, starts_at=now + timedelta(hours=hours), places=2, **by)
        for hours in (48, 72, -1, -48)
    )
    signing.sign_up(session, bank, planned.id, joan.id, Act(actor(joan), now))
    signing.sign_up(session, bank, planned.id, ravi.id, Act(actor(ravi), now))
    signing.let_show(session, bank, planned.id, ravi.id, True, Act(actor(ravi), now))
    activities_service.call_off(session, bank, off.id, why="The hall is cold.", **by)
    for one in (open_, posted):
        marks = [
            Mark(joan.id, part="led"),
            Mark(ravi.id, part="attended"),
            Mark(guest="Cy", part="helped"),
        ]
        register.mark(session, bank, one.id, marks, **by)
        activities_service.write_up(session, bank, one.id, done="Three lamps and a toaster.", **by)
    posting.post(session, bank, posted.id, **by)
    outcome = activities_service.agree_outcome(
        session, bank, cafe.id, NewOutcome("Less thrown away", "Council", 12), **by
    )
    quote = evidence.add_quote(
        session, bank, cafe.id, NewQuote("It works again!", "a neighbour", consent=True), **by
    )
    photo = evidence.add_photo(
        session, bank, cafe.id, NewPhoto(picture_file(), "A lamp", consent=True), **by
    )
    until = now.date() + timedelta(days=90)
    sponsored = NewSponsorship(surgery.id, 6000, now.date(), until, "The walks")
    sponsorship = activities_service.sponsor(session, bank, sponsored, **by)
    return {
        "activity_id": [cafe.id, walk.id],
        "session_id": [planned.id, off.id, open_.id, posted.id],
        "outcome_id": [outcome.id],
        "quote_id": [quote.id],
        "photo_id": [photo.id],
        "sponsorship_id": [sponsorship.id],
    }


FRAME = Frame(
    "Debt",
    "Where and when.",
    "There is no money before May: it is spent.",
    "The surgery",
    None,
    None,
    "40 hours in the chest, a room on Thursdays.",
    "40 hours.",
    "Leaflets.",
)


def _dialogue(
    session: Session,
    bank: Bank,
    joan: Member,
    staff: tuple[Member, Member],
    together: dict[str, list[int]],
) -> dict[str, Sequence[object]]:
    """A partnership that Joan chairs, with a step reached, what matters, a conversation that is
    open, to which she and the staff came and whose answers are hers to give, and one being planned,
    and promises: one under way, one confirmed, one dropped."""
    now = clock.now()
    by, today = Act(actor(staff[0]), now), now.date()
    activity = activities_queries.activity(session, bank, together["activity_id"][0])
    meeting = make_meeting(session, bank, activity, starts_at=now - timedelta(hours=50), act=by)
    came = [Mark(one.id, part="attended") for one in (joan, *staff)]
    register.mark(session, bank, meeting.id, came, by)
    nurse = make_member(session, bank, "Dr Lloyd", capacity="practitioner")
    place = partnerships.form_partnership(
        session, bank, NewPartnership("Alder Row estate", "To live well.", "The hall", joan.id), by
    )
    partner = partnerships.add_partner(session, bank, place.id, NewPartner(nurse.id), by)
    partnerships.reach_step(session, bank, place.id, Reached(1, joan.id, nurse.id, "14 came."), by)
    (first,) = partnerships.set_priorities(
        session,
        bank,
        place.id,
        Priorities([NewPriority("Help with debt", reason="Most said.")]),
        by,
    )
    talks = [
        conversations.plan(
            session,
            bank,
            place.id,
            replace(FRAME, answers_on=today + timedelta(days=20), decider_id=joan.id),
            by,
            priority_id=first.id,
        ).id
        for _ in range(2)
    ]
    options = []
    for words in ("A table at the library", "A leaflet"):
        new = NewOption(words, minutes=600, pence=2500, gains="Those in debt")
        options.append(conversations.add_option(session, bank, talks[0], new, by).id)
    conversations.open_conversation(session, bank, talks[0], by)
    for met in (meeting.id, together["session_id"][0]):
        conversations.add_meeting(session, bank, talks[0], met, by)
    point = NewPoint(PointKind.FOR, "It is near.", member_id=joan.id)
    conversations.speak(session, bank, talks[0], point, replace(by, word=Word(Channel.PHONE)))
    conversations.give_verdict(
        session, bank, options[0], NewVerdict(Decision.AGREED, "It costs little."), by
    )
    promises, heard = [], replace(by, word=Word(Channel.PHONE))
    for words, owner in (
        ("A table every Thursday", Owner(body="Credit union", contact_name="Imani Booth")),
        ("A leaflet at every door", Owner(member_id=joan.id, shown=True)),
        ("A new dentist", Owner(body="The health board", contact_name="Dr Lane")),
    ):
        new = NewCommitment(words, today + timedelta(days=30), owner, place.id, first.id)
        promises.append(commitments.promise(session, bank, new, heard).id)
    for commitment_id, step in (
        (promises[0], NewStep(StepKind.DONE, "41 people have come.")),
        (promises[0], NewStep(StepKind.CONFIRMED, confirmed_id=joan.id)),
        (promises[2], NewStep(StepKind.DROPPED, "No money before 2028.")),
    ):
        commitments.take_step(session, bank, commitment_id, step, heard)
    evaluation = evaluations.evaluate_conversation(session, bank, talks[0], by)
    return {
        "partnership_id": [place.id],
        "partner_id": [partner.id],
        "step": [1],
        "commitment_id": [promises[1], promises[0], promises[2]],
        "dialogue_id": talks,
        "option_id": options,
        "paper": ["cards", "register", "script"],
        "evaluation_id": [evaluation.id],
    }


def _surveys(session: Session, bank: Bank, joan: Member) -> dict[str, Sequence[object]]:
    """A wave that takes answers, with a form on paper, and one before it that is closed; a scale;
    equality questions."""
    now, by = clock.now(), Act(system(bank), clock.now())
    then, on = now - timedelta(days=60), now.date()
    days = {"opens_on": on - timedelta(days=70), "closes_on": on - timedelta(days=50)}
    first = surveys_service.open_wave(
        session,
        bank,
        NewWave("Spring", **days, instruments=["ons4", "ladder"]),
        Act(system(bank), then),
    )
    surveys_service.invite(session, bank, first.id, Asked(), Act(system(bank), then))
    answering.answer(
        session,
        bank,
        first.id,
        Answers(answers={"q0_0": "7", "q0_1": "not_said"}, link=True),
        Act(actor(joan), then),
    )
    days = {"opens_on": on - timedelta(days=1), "closes_on": on + timedelta(days=20)}
    second = surveys_service.open_wave(
        session, bank, NewWave("Autumn", **days, follows_id=first.id), by
    )
    surveys_service.invite(session, bank, second.id, Asked(), by)
    ours = NewScale("Ours", "Our own.", ["I sing."], 1, 5, "never", "always")
    scale = surveys_service.add_scale(session, bank, ours, by)
    equality.ask(session, bank, EqualityAsked(["age", "area"], ["Alder Row"]), by)
    equality.answer(
        session, bank, joan.id, EqualityAnswers({"age": "65 to 79"}), Act(actor(joan), now)
    )
    return {
        "wave_id": [second.id, first.id],
        "scale_id": [scale.id],
        "paper_code": [answering.print_forms(session, bank, second.id, by)[0].code],
    }


def _audits(session: Session, bank: Bank, joan: Member) -> dict[str, Sequence[object]]:
    """A round of asking that goes on, for which Joan goes round, with everything there is of one;
    and one that is closed."""
    by = Act(system(bank), clock.now())
    on = by.now.date()
    days = {"opens_on": on - timedelta(days=3), "closes_on": on + timedelta(days=20)}
    planned = [
        audits.plan_audit(
            session,
            bank,
            NewAudit(
                title,
                **days,
                target=20,
                questions=["How safe is it after dark?", "Do you rent? Yes / No"],
                areas=["Canal Street = 120", "Alder Row"],
            ),
            by,
        )
        for title in ("This spring", "Last spring")
    ]
    themes = {}
    for audit in planned:
        sheets = [
            NewSheet(
                way,
                ["A bench", "The debt"],
                ["Singing"],
                {1: 1 + n % 5, 2: 1 + n % 2},
                age=("Under 25", "45 to 64")[n % 2],
                area="Alder Row",
            )
            for way in (Way.DOOR, Way.LINK)
            for n in range(20)
        ]
        audits.take_sheets(session, bank, audit.id, sheets, by)
        words = NewThemes(["Benches", "Debt", "Dentist"])
        themes[audit.id] = sorting.name_themes(session, bank, audit.id, words, by)
    going, closed = planned
    audits.add_round(
        session, bank, going.id, NewRound("Canal Street", str(joan.number or joan.name)), by
    )
    audits.open_link(session, bank, going.id, by)
    details = NewDetails("Ida Lund", "01632 960777", "", "3 Canal Street", hear=True)
    contacts.leave_details(session, bank, going.id, details, now=by.now)
    contacts.leave_details(session, bank, closed.id, details, now=by.now)
    bench, debt, _ = themes[closed.id]
    put = {"A bench": bench.id, "The debt": debt.id}
    wishes = audit_queries.wishes(session, bank, closed.id)
    done = [Sorting(*answer, [put[words]]) for answer, words in wishes.items()]
    sorter = Actor(bank.id, joan.name, Role.BROKER, member_id=joan.id)
    sorting.sort_many(session, bank, closed.id, done, Act(sorter, by.now))
    audits.close_audit(session, bank, closed.id, by)
    return {
        "audit_id": [going.id, closed.id],
        "theme_id": [themes[going.id][0].id],
        "link_key": [going.link_key],
        "sheet_code": audits.print_codes(session, bank, going.id, 1, by),
        "contact_key": [audit_queries.details(session, bank, going.id)[0].key],
        "sheet_key": [
            one.key
            for one in audit_queries.whole_sheets(session, bank, going.id)
            if one.way == Way.DOOR
        ],
        "stack": list(audit_queries.stacks(session, bank, going.id)),
    }


def _listings(session: Session, bank: Bank, joan: Member, ravi: Member) -> list[int]:
    """What is offered and wanted, in all its states, and the tree and areas it stands in."""
    now = clock.now()
    skills_service.plant_tree(session, bank)
    plumbing, repairs = skills.tree(session, bank)[0].skills[:2]
    areas = TwoAreas("Alder Row", "Mill Lane")
    skills_service.link_areas(session, bank, areas, Act(system(bank), now))

    def post(kind: str, holder: Member, title: str, **details: Any) -> int:
        given = {
            "holder_id": holder.account_id,
            "title": title,
            "act": Act(actor(holder), now),
            **details,
        }
        return post_listing(session, bank, kind, **given).id

    taps = post(
        "offer",
        joan,
        "Small plumbing jobs",
        description="Drips and washers.",
        skill_id=plumbing.id,
        times=0b1001,
    )
    shopping = post(
        "request",
        joan,
        "Somebody to shop for me",
        needs_checks=("driving",),
        frequency="weekly",
        minutes=60,
    )
    met, ended = (
        post("request", joan, "A shelf put up"),
        post("offer", joan, "Plum jam", ends_on=now.date()),
    )
    skills_service.mark_met(session, bank, met, Act(actor(joan), now))
    skills_service.let_stand_on_street(session, bank, taps, True, Act(actor(joan), now))
    change_listing(session, bank, ended, Act(actor(joan), now), title="Plum and quince jam")
    skills_service.renew(session, bank, ended, Act(actor(joan), now))
    skills_service.undo(session, bank, ended, Act(actor(joan), now))
    skills_service.retire_skill(session, bank, repairs.id, Act(system(bank), now))
    return [taps, shopping, met, ended, post("request", ravi, "A lift on Thursday")]


def _messages(
    session: Session,
    bank: Bank,
    joan: Member,
    ravi: Member,
    staff: Sequence[Member],
    listing_id: int,
    exchange_id: int,
) -> tuple[list[int], list[int], int]:
    """Two conversations of the two, one of each of the staff, messages in them, and a report of
    one."""
    now = clock.now()
    asked = messages_service.write_about_listing(
        session,
        bank,
        listing_id,
        Words(words="Could you look at my tap?\n\nIt drips."),
        Act(actor(ravi), now),
    )
    begun = asked.conversation_id
    messages_service.answer(
        session, bank, begun, Words(words="On Thursday."), Act(actor(joan), now)
    )
    lift = messages_service.write_about_exchange(
        session, bank, exchange_id, Words(words="At two?"), Act(actor(ravi), now)
    )
    report = messages_service.report(
        session, bank, asked.id, Complaint(why="It was rather late."), Act(actor(joan), now)
    )
    answers = []
    for one in staff:
        first = messages_service.write_about_listing(
            session, bank, listing_id, Words(words="How is it going?"), Act(actor(one), now)
        )
        answers.append(
            messages_service.answer(
                session, bank, first.conversation_id, Words(words="Well."), Act(actor(joan), now)
            )
        )
    talks = [begun, lift.conversation_id, *(one.conversation_id for one in answers)]
    return talks, [asked.id, *(one.id for one in answers)], report.id


def _exchanges(
    session: Session, bank: Bank, joan: Member, ravi: Member, maggie: Member
) -> tuple[list[int], int]:
    """Exchanges between the two, one at each place of its life, and a gift of Joan's."""
    now = clock.now()

    def log(
        giver: Member,
        receiver: Member,
        title: str,
        *,
        minutes: int = 90,
        days_ago: int = 0,
        thanks: str = "",
    ) -> int:
        then = now - timedelta(days=days_ago)
        return make_logged_exchange(
            session,
            bank,
            giver,
            receiver,
            minutes,
            title=title,
            thanks=thanks,
            occurred_on=then.date() - timedelta(days=2),
            now=then,
        ).id

    def propose(title: str) -> int:
        joans, ravis = joan.account_id or 0, ravi.account_id or 0
        made = exchanges_service.propose(
            session,
            bank,
            Proposal(giver_id=joans, receiver_id=ravis, title=title, planned_on=now.date()),
            Act(actor(ravi), now),
        ).exchange
        return made.id

    lift, letters, calls = (
        propose("A lift to the eye clinic"),
        propose("Reading letters aloud"),
        propose("A telephone call"),
    )
    exchanges_service.agree(session, bank, letters, Act(actor(joan), now))
    exchanges_service.decline(session, bank, calls, Act(actor(joan), now), note="I am away.")
    confirmed = log(
        joan,
        ravi,
        "Wrote to the council about the parking",
        minutes=285,
        thanks="The tea was good.",
    )
    exchanges_service.confirm(session, bank, confirmed, Act(actor(ravi), now))
    reversed_ = log(joan, ravi, "Bread-making")
    exchanges_service.confirm(session, bank, reversed_, Act(actor(ravi), now))
    exchanges_service.reverse(
        session, bank, reversed_, Act(actor(maggie), now), note="It was the week before."
    )
    disputed = log(joan, ravi, "Sorting the cellar")
    exchanges_service.dispute(
        session, bank, disputed, Act(actor(ravi), now), note="It was an hour."
    )
    gift = gifts.give(
        session,
        bank,
        NewGift(
            from_id=joan.account_id or 0,
            to_id=ledger.chest(session, bank).id,
            minutes=60,
            message="For whoever needs it.",
        ),
        Act(actor(joan), now),
    )
    gifts.give(
        session,
        bank,
        NewGift(
            from_id=ledger.chest(session, bank).id,
            to_id=ravi.account_id or 0,
            minutes=30,
            message="For a course of lessons.",
            decided_by="The steering group",
        ),
        Act(actor(maggie), now),
    )
    waiting = log(ravi, joan, "Mending the garden gate", minutes=120)
    overdue = log(joan, ravi, "Planting bulbs", days_ago=20)
    return [lift, letters, calls, confirmed, reversed_, disputed, waiting, overdue], gift.id


def _shown(session: Session, bank: Bank, people: Sequence[Member], exchange_id: int) -> None:
    """Each has a page with all there can be on it, and thanks are shown: of the exchange between
    the first two, and of one between the others."""
    now, (joan, ravi, nell) = clock.now(), people
    for one in people:
        members_service.set_showing(session, bank, one.id, EVERYTHING_SHOWN, Act(actor(one), now))
    sayings.let_stand(session, bank, joan.id, EVERYTHING_SHOWN.street, Act(system(bank), now))
    lamps = make_logged_exchange(
        session,
        bank,
        ravi,
        nell,
        45,
        title="Lamps",
        thanks="It shines.",
        occurred_on=now.date(),
        act=Act(actor(nell), now),
    )
    exchanges_service.confirm(session, bank, lamps.id, Act(actor(ravi), now))
    for shown, by in (
        (exchange_id, joan),
        (exchange_id, ravi),
        (lamps.id, ravi),
        (lamps.id, nell),
    ):
        thanks.let_show(session, bank, shown, Act(actor(by), now))


def _letters(app: Flask, session: Session, bank: Bank, people: Sequence[Member]) -> list[str]:
    """A weekly letter to each of them is sent: the codes of their links."""
    letter = Letter(say("Your week"), say("You have an hour to spend."), WEEKLY)
    digests = [
        Digest(
            Addressee(f"member:{one.id}", one.name, one.language, email=one.email),
            NoticeChannel.EMAIL,
            letter,
            one.id,
        )
        for one in people
    ]
    now = clock.now()
    notices_service.write_digests(session, bank, digests, week="2026-W46", now=now)
    written = select(Notice.id).where(Notice.asks == WEEKLY).order_by(Notice.id)
    asked = [ask_of(session, one, now) for one in session.execute(written).scalars()]
    addresses = [one.address for one in asked if one is not None]
    assert len(addresses) == len(people)
    return [address.split("/a/")[1].removesuffix("/by-program") for address in addresses]


def picture_file() -> bytes:
    """A small picture, as a PNG file."""
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "plum").save(picture, "PNG")
    return picture.getvalue()
