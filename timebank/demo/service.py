"""Makes the demonstration bank from its plan, through the services that people's own pages use."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from sqlalchemy.orm import Session

from timebank.access import service as access_service
from timebank.act import Act, Actor, Channel, Role, Word
from timebank.banks.models import Bank
from timebank.banks.rules import NewBank
from timebank.demo import agreeing, neighbourly, office, safety, sharing
from timebank.demo.asking import ask_people
from timebank.demo.deciding import ask_neighbours
from timebank.demo.gatherings import Gathering
from timebank.demo.people import DEREK, GROUP_WORDS, JOAN, MAGGIE, NEXT_TO_EACH_OTHER, OWEN
from timebank.demo.plan import Help, Plan, Present, make_plan
from timebank.demo.tally import CHEST, FLOOR, GROUP, LIBRARY, ORGANISATIONS, SURGERY
from timebank.demo.together import Together
from timebank.desk import service as desk_service
from timebank.desk.rules import NewNote
from timebank.exchanges import history
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.history import Past, PastGift
from timebank.exchanges.rules import Correction, NewGift, NewLog, Proposal, Settlement, Side
from timebank.jobs import service as jobs_service
from timebank.ledger import queries as ledger
from timebank.ledger import service as ledger_service
from timebank.ledger.rules import InterventionKind, Limits
from timebank.matching import service as matching_service
from timebank.matching.rules import Answer, NewIntroduction, Says
from timebank.members import helping, partners
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.members.rules import (
    Capacity,
    Details,
    LookedAfter,
    NewContact,
    NewMember,
    SharedDetails,
    Suiting,
)
from timebank.messages import service as messages_service
from timebank.messages.rules import Words
from timebank.notices import service as notices_service
from timebank.skills import queries as skills
from timebank.skills import service as skills_service
from timebank.skills.queries import Shown
from timebank.skills.rules import ListingKind, NewListing, TwoAreas

PASSWORD = "hours-are-hours"  # noqa: S105  (printed for whoever tries the demonstration)
SLUG = "alder-row"
SIGN_INS = {
    "Joan Whitlock": ("joan@alder-row.example", "a resident"),
    "Maggie Dunne": ("maggie@alder-row.example", "the broker"),
    "Owen Pritchard": ("owen@alder-row.example", "the coordinator"),
}
"""Who can sign in with the password, at which address, and who they are."""

_SYSTEM = "demo"
_DECIDED_BY = "The steering group"
_KNOWN = 180
"""So many members' ways and brokers are written down."""

_INTRODUCED = (2, 7, 7)
"""How many days ago people were introduced to each other over a request."""

_LIVE = 120
"""How many of the latest happenings are done step by step; the earlier ones come with the books the
bank had before."""


Progress = Callable[[int, int], None]
"""Called with how many steps are done, and of how many."""


class _Maker:
    """Holds what the plan's numbers have become while the bank is being made."""

    def __init__(
        self,
        session: Session,
        bank: Bank,
        plan: Plan,
        *,
        seed: int,
        now: datetime,
        progress: Progress,
    ):
        self.session = session
        self.bank = bank
        self.now = now
        self.plan = plan
        self.draw = Random(seed)  # noqa: S311  (the same bank again, not a secret)
        self.progress = progress
        # Everybody is enrolled, and later asked of themselves; after that there is a last step.
        self.steps = 2 * len(plan.people) + len(plan.directory) + len(plan.happenings) + 1
        self.done = 0
        self.people: list[Member] = []
        self.organisations: list[tuple[int, int]] = []
        self.earlier: list[Past] = []
        self.references = 0
        self.skills: dict[str, int] = {}
        self.accounts: dict[int, int] = {CHEST: ledger.chest(session, bank).id}

    def actor(self, index: int) -> Actor:
        member = self.people[index]
        return Actor(self.bank.id, member.name, member.role, member.id, member.account_id)

    @property
    def broker(self) -> Actor:
        return self.actor(MAGGIE)

    @property
    def moved_in(self) -> datetime:
        """When the books the bank had before were brought in: on the day of the first step that is
        done on people's pages."""
        lately = self.plan.happenings[-_LIVE:]
        return datetime.combine(lately[0].on, time(8), UTC)

    def went_on(self) -> None:
        """Tell whoever waits that a step of `steps` is done."""
        self.done += 1
        self.progress(self.done, self.steps)

    def instant(self, on: date, hour: int) -> datetime:
        return self.by_now(datetime.combine(on, time(hour, self.draw.randrange(60)), UTC))

    def by_now(self, instant: datetime) -> datetime:
        """The instant, or now where that is yet to come: nothing has happened later today."""
        return min(instant, self.now)

    def enrol_everybody(self, *, now: datetime) -> None:
        abouts = neighbourly.abouts(self.plan.people)
        for person, about in zip(self.plan.people, abouts, strict=True):
            member = members_service.enrol(
                self.session,
                self.bank,
                NewMember(
                    name=person.name,
                    email=person.email,
                    phone=person.phone,
                    area=person.area,
                    date_of_birth=person.born_on,
                    about=about,
                    capacity=Capacity(person.capacity),
                    role=Role(person.role),
                    joined_on=person.joined_on,
                ),
                Act(Actor.system(self.bank.id, _SYSTEM), self.instant(person.joined_on, 9)),
                another=True,
            )
            self.accounts[len(self.people)] = _account(member)
            self.people.append(member)
            self.went_on()
        for number, (party, (name, about)) in enumerate(
            zip(ORGANISATIONS, self.plan.organisations, strict=True)
        ):
            organisation = partners.add_organisation(
                self.session, self.bank, SharedDetails(name, about), Act(self.broker, now)
            )
            self.accounts[party] = organisation.account_id
            self.organisations.append((organisation.id, organisation.account_id))
            contact = self.people[DEREK + 1 + number]
            partners.add_contact(
                self.session,
                self.bank,
                organisation.id,
                NewContact(contact.name, member_id=contact.id),
                Act(self.broker, now),
            )
        helping.grant_helper(
            self.session,
            self.bank,
            self.people[-1].id,
            self.people[JOAN].id,
            Act(self.broker, now),
            relation="neighbour",
        )

    def fill_directory(self) -> None:
        """Plant the tree, say which areas lie next to each other, and post what people offer and
        ask for."""
        skills_service.plant_tree(self.session, self.bank)
        coordinator = self.actor(OWEN)
        for area, other in NEXT_TO_EACH_OTHER:
            areas, by = TwoAreas(area, other), Act(coordinator, self.moved_in)
            skills_service.link_areas(self.session, self.bank, areas, by)
        tree = skills.tree(self.session, self.bank)
        self.skills = {skill.name: skill.id for branch in tree for skill in branch.skills}
        for entry in self.plan.directory:
            person = self.plan.people[entry.holder]
            by, channel = (
                (self.actor(entry.holder), Channel.WEB)
                if person.email
                else (self.broker, Channel.PHONE)
            )
            skills_service.post(
                self.session,
                self.bank,
                entry.kind,
                NewListing(
                    title=entry.title,
                    description=entry.description,
                    skill_id=self.skills[entry.pastime.skill],
                    area=person.area,
                    times=entry.times,
                    minutes=entry.pastime.shortest,
                    ends_on=entry.ends_on,
                    holder_id=self.accounts[entry.holder],
                ),
                Act(by, self.instant(entry.posted_on, 11), Word(channel)),
            )
            self.went_on()

    def remember(self, happening: Help | Present) -> None:
        """Bring something earlier in, as a bank does that moves to Timebank: of it, what moved.

        Hours wait to be written down together, until `write_down`.
        """
        if isinstance(happening, Present):
            self.write_down()
            by = Actor.system(self.bank.id, _SYSTEM)
            history.record_gifts(self.session, self.bank, [self._past_gift(happening)], by=by)
            return
        match happening.ending:
            case "confirmed":
                self.earlier.append(self._past(happening, happening.minutes))
            case "settled":
                self.earlier.append(self._past(happening, happening.corrected))
            case "taken_back":
                self._take_back(happening)
            case "put_right":
                self._take_back(happening)
                self.earlier.append(self._past(happening, happening.corrected))
            case _:
                pass  # Nothing moved, and the books of a bank tell of nothing else.

    def write_down(self) -> list[int]:
        """Enter the earlier hours that are still to be written down, in their order. Returns the
        ids of their exchanges."""
        hours, self.earlier = self.earlier, []
        if not hours:
            return []
        by = Actor.system(self.bank.id, _SYSTEM)
        return history.record_hours(self.session, self.bank, hours, Act(by, self.moved_in))

    def _take_back(self, help_: Help) -> None:
        self.earlier.append(self._past(help_, help_.minutes))
        wrong = self.write_down()[-1]
        by = Actor.system(self.bank.id, _SYSTEM)
        history.take_back_hours(
            self.session, self.bank, {wrong: Channel.IMPORT}, Act(by, self.moved_in)
        )

    def _reference(self) -> str:
        """A name in the earlier books that nothing else has."""
        self.references += 1
        return f"earlier-{self.references}"

    def _past(self, help_: Help, minutes: int) -> Past:
        reference = self._reference()
        return Past(
            cause=f"import:{reference}",
            occurred_on=help_.on,
            giver_id=self.accounts[help_.giver],
            receiver_id=self.accounts[help_.receiver],
            minutes=minutes,
            channel=Channel(help_.channel),
            reference=reference,
            title=help_.title,
            skill=help_.skill,
        )

    def _past_gift(self, present: Present) -> PastGift:
        giver, receiver = self.accounts[present.giver], self.accounts[present.receiver]
        cause = f"import:{self._reference()}"
        return PastGift(cause, present.on, giver, receiver, present.minutes, Channel.IMPORT)

    def happen(self, happening: Help | Present) -> None:
        """Do it step by step, as people would have on their own pages."""
        if isinstance(happening, Present):
            self._give(happening)
        else:
            self._help(happening)

    def _give(self, present: Present) -> None:
        if present.giver >= 0:
            by, word = self.actor(present.giver), Word()
        elif present.giver == CHEST:
            # The chest's hours are the broker's to give, but not to herself.
            by, word = self.actor(OWEN if present.receiver == MAGGIE else MAGGIE), Word()
        else:
            by, word = self.broker, Word(Channel.PHONE, self.accounts[present.giver])
        exchanges_service.give(
            self.session,
            self.bank,
            NewGift(
                from_id=self.accounts[present.giver],
                to_id=self.accounts[present.receiver],
                minutes=present.minutes,
                message=present.message,
                decided_by=_DECIDED_BY if present.giver == CHEST else None,
            ),
            Act(by, self.instant(present.on, 17), word),
        )

    def _help(self, help_: Help) -> None:
        # Who was helped says thanks, and so writes it down; a slip both have signed.
        sides = (help_.giver, help_.receiver)
        if help_.thanks and help_.receiver >= 0 and help_.slip is None:
            sides = (help_.receiver, help_.giver)
        logger, word = self._voice(help_, sides[0])
        by_logger = Act(logger, self.instant(help_.on, 18), word)
        if help_.ending in ("proposed", "agreed", "declined"):
            self._propose(help_, by_logger)
            return
        logged = exchanges_service.log_new(
            self.session,
            self.bank,
            NewLog(
                giver_id=self.accounts[help_.giver],
                receiver_id=self.accounts[help_.receiver],
                occurred_on=help_.on,
                minutes=help_.minutes,
                title=help_.title,
                skill=help_.skill,
                thanks=help_.thanks,
                another=True,
            ),
            by_logger,
        )
        if help_.ending == "waiting":
            return
        confirmer, word = self._voice(help_, sides[1])
        later = self.by_now(by_logger.now + timedelta(days=self.draw.randrange(3), minutes=30))
        by_confirmer = Act(confirmer, later, word)
        if help_.ending in ("disputed", "settled"):
            self._dispute(help_, logged.exchange.id, by_confirmer)
            return
        exchanges_service.confirm(self.session, self.bank, logged.exchange.id, by_confirmer)
        if help_.ending in ("taken_back", "put_right"):
            self._reverse(help_, logged.exchange.id, self.by_now(later + timedelta(days=2)))

    def _propose(self, help_: Help, by_asker: Act) -> None:
        """Help that has yet to be given, or was declined."""
        proposal = exchanges_service.propose(
            self.session,
            self.bank,
            Proposal(
                giver_id=self.accounts[help_.giver],
                receiver_id=self.accounts[help_.receiver],
                title=help_.title,
                skill=help_.skill,
                planned_on=help_.on + timedelta(days=12),
            ),
            by_asker,
        )
        answerer, word = self._voice(help_, help_.receiver)
        by_answerer = Act(answerer, self.by_now(by_asker.now + timedelta(hours=1)), word)
        if help_.ending == "agreed":
            exchanges_service.agree(self.session, self.bank, proposal.exchange.id, by_answerer)
        elif help_.ending == "declined":
            exchanges_service.decline(self.session, self.bank, proposal.exchange.id, by_answerer)

    def _dispute(self, help_: Help, exchange_id: int, by_confirmer: Act) -> None:
        exchanges_service.dispute(
            self.session,
            self.bank,
            exchange_id,
            by_confirmer,
            note="It was shorter than that.",
            minutes=help_.corrected if help_.corrected < help_.minutes else None,
        )
        if help_.ending == "settled":
            settlement = Settlement(minutes=help_.corrected, note="Both agree now.")
            by_broker = Act(self.broker, by_confirmer.now)
            exchanges_service.settle(self.session, self.bank, exchange_id, settlement, by_broker)

    def _reverse(self, help_: Help, exchange_id: int, now: datetime) -> None:
        """What was entered wrongly is taken back, and perhaps put right."""
        wrong = "The slip was read wrongly." if help_.slip else "Entered twice by mistake."
        by_broker = Act(self.broker, now)
        exchanges_service.reverse(self.session, self.bank, exchange_id, by_broker, note=wrong)
        if help_.ending == "put_right":
            giver, receiver = (
                Act(self.broker, now, Word(Channel.PHONE, self.accounts[side]))
                for side in (help_.giver, help_.receiver)
            )
            right = Correction(occurred_on=help_.on, minutes=help_.corrected)
            again = exchanges_service.log_again(self.session, self.bank, exchange_id, right, giver)
            exchanges_service.confirm(self.session, self.bank, again.exchange.id, receiver)

    def _voice(self, help_: Help, side: int) -> tuple[Actor, Word]:
        """Who enters a step and on whose word: the person on the web, else the broker for them."""
        if help_.channel == "web" and side >= 0:
            return self.actor(side), Word()
        slip = help_.slip if side == help_.giver else None
        return self.broker, Word(Channel(help_.channel), self.accounts[side], slip)


def make(
    session: Session,
    *,
    members_wanted: int,
    months: int,
    seed: int,
    now: datetime,
    progress: Progress = lambda done, of: None,
) -> Bank:
    """Make the demonstration bank and return it. `progress(done, of)` is called as it goes on."""
    today = now.date()
    plan = make_plan(members=members_wanted, months=months, seed=seed, today=today)
    opened = datetime.combine(today - timedelta(days=30 * months + 1), time(9), UTC)
    bank = _open(session, now=opened)
    maker = _Maker(session, bank, plan, seed=seed, now=now, progress=progress)
    maker.enrol_everybody(now=opened)
    maker.fill_directory()
    people = list(zip(plan.people, maker.people, strict=True))
    together = Together(
        session, bank, people, maker.accounts, start=opened.date(), now=now, seed=seed
    )
    surgery_id, _ = maker.organisations[ORGANISATIONS.index(SURGERY)]
    together.open(sponsor_id=surgery_id)
    _let_happen(maker, together)
    _show_everything_to_joan(maker, now)
    _share(maker, now)
    _fill_the_desk(maker, now)
    _bring_people_together(maker, now)
    neighbourly.fill(session, bank, maker.people, maker.broker, now=now)
    ask_people(session, bank, people, Act(maker.actor(OWEN), now), seed=seed, went_on=maker.went_on)
    sorters = (maker.broker, maker.actor(OWEN))
    audit = ask_neighbours(session, bank, sorters, Act(maker.actor(OWEN), now), seed=seed)
    _decide(maker, audit.id, now)
    for member in maker.people:
        if member.name in SIGN_INS:
            access_service.set_password(
                session, bank, member.id, PASSWORD, Act(Actor.system(bank.id, _SYSTEM), now)
            )
    # What happened long ago was told long ago.
    long_ago = now - timedelta(days=10)
    notices_service.mark_all_told(session, bank, before=long_ago, by=maker.broker)
    jobs_service.take_stock_soon(session, now=now)
    maker.went_on()
    return bank


def _open(session: Session, *, now: datetime) -> Bank:
    """The bank itself, whom to ask in it, and limits that stop nobody."""
    bank = members_service.open_bank(session, NewBank("Alder Row Time Bank", SLUG), now=now)
    bank.about = (
        "Neighbours around the Alder Row canal basin who help each other. An hour is an hour,"
        " whatever you do with it."
    )
    by_default = Limits(bank.member_floor, bank.member_ceiling)
    ledger_service.set_default(
        session,
        bank,
        InterventionKind.DEFAULT_LIMITS,
        old=by_default,
        new=Limits(FLOOR, bank.member_ceiling),
        why="Nobody here is to be stopped by ten hours.",
        by="system:demo",
    )
    bank.member_floor = FLOOR
    bank.contact_name, bank.contact_phone = "Maggie Dunne", "01632 960142"
    bank.contact_email = "maggie@alder-row.example"
    bank.welcome = "Good to have you. Come by the canal basin on a Thursday: the kettle is on."
    # It has been open for long, and its coordinator has seen to what a new one begins with.
    bank.settled_at = bank.first_day_over_at = now
    return bank


def _decide(maker: _Maker, audit_id: int, now: datetime) -> None:
    """What became of the audit, and a round of money."""
    session, bank, owen = maker.session, maker.bank, maker.actor(OWEN)
    residents = [
        number
        for number, person in enumerate(maker.plan.people)
        if person.capacity == Capacity.RESIDENT and person.role == Role.MEMBER
    ]
    partners = [maker.people[number].id for number in residents[:5]]
    surgery, library = (
        maker.organisations[ORGANISATIONS.index(one)][0] for one in (SURGERY, LIBRARY)
    )
    agreeing.agree(session, bank, partners, (surgery, library), audit_id, owen, now=now)
    people = [maker.actor(number) for number in residents]
    sharing.share_out(session, bank, people, surgery, owen, now=now)


def _let_happen(maker: _Maker, together: Together) -> None:
    """Everything that happened, in its order: in it nobody ever passes their floor."""
    earlier = len(maker.plan.happenings) - _LIVE
    for number, happening in enumerate(maker.plan.happenings):
        if isinstance(happening, Gathering):
            maker.write_down()
            together.hold(happening)
        elif number < earlier:
            maker.remember(happening)
        else:
            maker.write_down()
            maker.happen(happening)
        maker.went_on()
    maker.write_down()


def _show_everything_to_joan(maker: _Maker, now: datetime) -> None:
    """The resident to sign in as has something to confirm, something agreed, and something to
    answer."""
    joan, derek, other = (maker.accounts[index] for index in (JOAN, DEREK, DEREK + 1))
    both = {"session": maker.session, "bank": maker.bank}
    exchanges_service.log_new(
        **both,
        new=NewLog(
            giver_id=other,
            receiver_id=joan,
            occurred_on=now.date() - timedelta(days=3),
            minutes=120,
            title="Mending the garden gate",
            skill="Small repairs",
            another=True,
        ),
        act=Act(maker.broker, now - timedelta(days=2), Word(Channel.PHONE, other)),
    )
    lift = exchanges_service.propose(
        **both,
        proposal=Proposal(
            giver_id=derek,
            receiver_id=joan,
            title="Lift to the eye clinic",
            skill="Lifts",
            planned_on=now.date() + timedelta(days=4),
        ),
        act=Act(maker.broker, now - timedelta(days=6), Word(Channel.PHONE, joan)),
    )
    exchanges_service.agree(
        **both,
        exchange_id=lift.exchange.id,
        act=Act(maker.broker, now - timedelta(days=5), Word(Channel.PHONE, derek)),
    )
    members_service.join(
        maker.session,
        maker.bank,
        Details(
            "Nell Carraway",
            phone="07700 900555",
            area="The Crofts",
            about="I have just moved here. I can cook, and I would like somebody to walk with.",
        ),
        now=now - timedelta(days=1),
    )


def _share(maker: _Maker, now: datetime) -> None:
    """A group earns hours together, partners give to the chest, and the chest gives to the group
    and to whoever needs it."""
    session, bank, broker = maker.session, maker.bank, maker.broker
    then = now - timedelta(days=30)
    name, about = GROUP_WORDS
    group = partners.open_group(session, bank, SharedDetails(name, about), Act(broker, then))
    for member in (maker.people[JOAN], *maker.people[DEREK : DEREK + 3]):
        partners.add_to_group(session, bank, group.id, member.id, Act(broker, then))
    maker.accounts[GROUP] = group.account_id
    for happening in maker.plan.shared:
        maker.happen(happening)


def _fill_the_desk(maker: _Maker, now: datetime) -> None:
    """The broker to sign in as looks after some of the members, and wanted to ring two of them
    again."""
    by = Act(maker.broker, now - timedelta(days=5))
    maggie = maker.people[MAGGIE]
    residents = [member for member in maker.people[:_KNOWN] if member.role == "member"]
    for member in residents[::3]:
        looked_after = LookedAfter(broker_id=maggie.id)
        members_service.set_profile(maker.session, maker.bank, member.id, looked_after, by)
    calls = (
        "Would like company on a walk. Ring when the weather turns.",
        "Nobody there. Try after eleven.",
    )
    for days, (member, words) in enumerate(zip(residents[2:4], calls, strict=True)):
        next_on = now.date() - timedelta(days=days)
        desk_service.note_call(
            maker.session, maker.bank, member.id, NewNote(words=words, next_on=next_on), by
        )


def _bring_people_together(maker: _Maker, now: datetime) -> None:
    """The safeguarding file and languages are written down, three requests are with somebody, and
    two people have written to each other."""
    session, bank, then = maker.session, maker.bank, now - timedelta(days=8)
    listings = skills.shown(session, bank, skills.open_listings(session, bank, on=now.date()))
    safety.fill(session, bank, maker.draw, [maker.actor(MAGGIE), maker.actor(OWEN)], now=now)
    office.fill(session, bank, Act(maker.actor(MAGGIE), now))
    for member in maker.people[DEREK:_KNOWN:7]:
        also = maker.draw.choice(
            ("English, Polish", "English, Punjabi", "English, Urdu", "English, Welsh")
        )
        suiting = Suiting(languages=also)
        members_service.set_profile(session, bank, member.id, suiting, Act(maker.broker, then))
    _introduce(maker, listings, now)
    _write_to_each_other(maker, listings, now)


def _introduce(maker: _Maker, listings: Sequence[Shown], now: datetime) -> None:
    """Joan's own request first, so that there is something for her to answer; the last waits to
    hear how it went."""
    session, bank, broker = maker.session, maker.bank, maker.broker
    joan, on = maker.accounts[JOAN], now.date()
    requests = [
        one
        for one in listings
        if one.listing.kind == ListingKind.REQUEST and one.listing.account_id != joan
    ]
    wish = skills_service.post(
        session,
        bank,
        ListingKind.REQUEST,
        NewListing(
            title="My kitchen tap drips all night",
            description="I can’t turn it off any more.",
            skill_id=maker.skills["Plumbing"],
            area=maker.plan.people[JOAN].area,
            ends_on=on + timedelta(days=40),
            holder_id=joan,
        ),
        Act(maker.actor(JOAN), now - timedelta(days=3)),
    )
    offers = [one for one in listings if one.listing.kind == ListingKind.OFFER]
    answerable = (
        (request.listing.id, offer)
        for request in (*skills.shown(session, bank, [wish]), *requests)
        for offer in _offers_of_the_skill(request, offers)[:1]
    )
    for (request_id, offer), days in zip(answerable, _INTRODUCED, strict=False):
        made = matching_service.introduce(
            session,
            bank,
            request_id,
            NewIntroduction(
                giver_id=offer.party.account_id,
                offer_id=offer.listing.id,
                follow_up_on=on + timedelta(days=2 - days // 3),
            ),
            Act(broker, now - timedelta(days=days)),
        )
        # Who could help has said yes when rung, so that whoever asked has something to answer.
        answer = Answer(Side.GIVER, Says.YES, phone=True)
        then = now - timedelta(days=days) + timedelta(minutes=20)
        matching_service.answer(session, bank, made.id, answer, Act(broker, then))


def _write_to_each_other(maker: _Maker, listings: Sequence[Shown], now: datetime) -> None:
    """Joan asks about an offer, and is answered."""
    session, bank = maker.session, maker.bank
    other = next(
        one
        for one in listings
        if one.listing.kind == ListingKind.OFFER
        and one.party.member_id not in (None, maker.people[JOAN].id)
    )
    first = messages_service.write_about_listing(
        session,
        bank,
        other.listing.id,
        Words("Hello! Could you show me how, on a Tuesday morning?"),
        Act(maker.actor(JOAN), now - timedelta(hours=30)),
    )
    answerer = next(
        number for number, member in enumerate(maker.people) if member.id == other.party.member_id
    )
    messages_service.answer(
        session,
        bank,
        first.conversation_id,
        Words("Gladly. Would ten o’clock suit you?"),
        Act(maker.actor(answerer), now - timedelta(hours=5)),
    )


def _offers_of_the_skill(request: Shown, offers: Sequence[Shown]) -> list[Shown]:
    """What others offer of the skill that is asked for, where nobody has to show a check."""
    return [
        offer
        for offer in offers
        if offer.skill == request.skill
        and offer.party.account_id != request.party.account_id
        and not offer.needs
    ]


def _account(member: Member) -> int:
    if member.account_id is None:
        raise ValueError(f"{member.name} was enrolled without an account.")
    return member.account_id
