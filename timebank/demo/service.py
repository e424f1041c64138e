"""Makes the demonstration bank from its plan, through the services that people's own pages use."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from sqlalchemy.orm import Session

from timebank.access import service as access_service
from timebank.act import Act, Actor, Channel, Word
from timebank.banks.models import Bank
from timebank.demo.asking import ask_people
from timebank.demo.people import GROUP, NEXT_TO_EACH_OTHER, REASONS
from timebank.demo.plan import CHEST, FIRST_ORGANISATION, Help, Plan, Present, make_plan
from timebank.demo.together import Together
from timebank.desk import service as desk_service
from timebank.exchanges import history
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.history import Past, PastGift
from timebank.ledger import queries as ledger
from timebank.ledger import service as ledger_service
from timebank.matching import queries as matching
from timebank.matching import service as matching_service
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.messages import service as messages_service
from timebank.notices import service as notices_service
from timebank.skills import queries as skills
from timebank.skills import service as skills_service

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
_BATCH = 500
_KNOWN = 180
"""So many members' ways and brokers are written down."""

_INTRODUCED = 3
_LIVE = 250
"""How many of the latest happenings are done step by step; the earlier ones come with the books the
bank had before."""


class _Maker:
    """Holds what the plan's numbers have become while the bank is being made."""

    def __init__(self, session: Session, bank: Bank, plan: Plan, seed: int):
        self.session = session
        self.bank = bank
        self.plan = plan
        self.draw = Random(seed)  # noqa: S311  (the same bank again, not a secret)
        self.people: list[Member] = []
        self.organisations: list[tuple[int, int]] = []
        self.accounts: dict[int, int] = {CHEST: ledger.common_account(session, bank, "chest").id}

    def actor(self, index: int) -> Actor:
        member = self.people[index]
        return Actor(self.bank.id, member.name, member.role, member.id, member.account_id)

    @property
    def broker(self) -> Actor:
        return self.actor(1)

    def instant(self, on: date, hour: int) -> datetime:
        return datetime.combine(on, time(hour, self.draw.randrange(60)), UTC)

    def enrol_everybody(self, *, now: datetime) -> None:
        for person in self.plan.people:
            member = members_service.enrol(
                self.session,
                self.bank,
                Act(Actor.system(self.bank.id, _SYSTEM), self.instant(person.joined_on, 9)),
                name=person.name,
                email=person.email,
                phone=person.phone,
                area=person.area,
                date_of_birth=person.born_on,
                capacity=person.capacity,
                role=person.role,
                joined_on=person.joined_on,
            )
            self.accounts[len(self.people)] = _account(member)
            self.people.append(member)
        for number, (name, about) in enumerate(self.plan.organisations):
            organisation = members_service.add_organisation(
                self.session, self.bank, Act(self.broker, now), name=name, about=about
            )
            self.accounts[FIRST_ORGANISATION - number] = organisation.account_id
            self.organisations.append((organisation.id, organisation.account_id))
            contact = self.people[4 + number]
            members_service.add_contact(
                self.session,
                self.bank,
                organisation.id,
                Act(self.broker, now),
                name=contact.name,
                member_id=contact.id,
            )
        members_service.grant_helper(
            self.session,
            self.bank,
            self.people[-1].id,
            self.people[0].id,
            Act(self.broker, now),
            relation="neighbour",
        )

    def fill_directory(self) -> None:
        """Plant the tree, say which areas lie next to each other, and post what people offer and
        ask for."""
        skills_service.plant_tree(self.session, self.bank)
        coordinator = self.actor(2)
        for one, other in NEXT_TO_EACH_OTHER:
            skills_service.link_areas(self.session, self.bank, one, other, by=coordinator)
        tree = skills.tree(self.session, self.bank)
        ids = {skill.name: skill.id for branch in tree for skill in branch.skills}
        for entry in self.plan.directory:
            title, description = (
                entry.pastime.offer if entry.kind == "offer" else entry.pastime.wish
            )
            person = self.plan.people[entry.holder]
            skills_service.post(
                self.session,
                self.bank,
                entry.kind,
                Act(
                    self.actor(entry.holder) if person.email else self.broker,
                    self.instant(entry.posted_on, 11),
                ),
                account_id=self.accounts[entry.holder],
                title=title,
                description=description,
                skill_id=ids[entry.pastime.skill],
                area=person.area,
                times=entry.times,
                minutes=entry.pastime.shortest,
                ends_on=entry.ends_on,
                on_word_of=None if person.email else self.accounts[entry.holder],
                channel="web" if person.email else "phone",
            )

    def remember(self, happenings: Sequence[Help | Present], *, now: datetime) -> None:
        """Bring the earlier books in, as a bank does that moves to Timebank: what was confirmed,
        and what was put right."""
        by = Actor.system(self.bank.id, _SYSTEM)
        people = [account_id for index, account_id in self.accounts.items() if index >= 0]
        for account_id in people:
            # A history is what it is: where it takes somebody lower than the bank allows, their own
            # floor lies there.
            ledger_service.set_limits(self.session, self.bank, account_id, floor=None, ceiling=None)
        batch: list[Past] = []

        def write_down() -> list[int]:
            ids = (
                history.record_hours(self.session, self.bank, batch, Act(by, now)) if batch else []
            )
            batch.clear()
            return ids

        for number, happening in enumerate(happenings, start=1):
            if isinstance(happening, Present):
                write_down()
                history.record_gifts(
                    self.session, self.bank, [self._past_gift(happening, number)], by=by
                )
            elif happening.ending != "declined":
                batch.append(self._past(happening, f"{number}", happening.minutes))
                if happening.ending in ("taken_back", "put_right"):
                    history.take_back_hours(
                        self.session,
                        self.bank,
                        dict.fromkeys(write_down()[-1:], "import"),
                        Act(by, now),
                    )
                if happening.ending == "put_right":
                    batch.append(
                        self._past(happening, f"{number}-again", max(15, happening.minutes - 30))
                    )
            if len(batch) >= _BATCH:
                write_down()
        write_down()
        for account_id, state in ledger.accounts(self.session, self.bank, people).items():
            floor = (
                None
                if self.bank.member_floor is None
                else min(self.bank.member_floor, state.balance)
            )
            ledger_service.set_limits(
                self.session, self.bank, account_id, floor=floor, ceiling=None
            )

    def _past(self, help_: Help, reference: str, minutes: int) -> Past:
        return Past(
            cause=f"import:earlier-{reference}",
            occurred_on=help_.on,
            giver_id=self.accounts[help_.giver],
            receiver_id=self.accounts[help_.receiver],
            minutes=minutes,
            channel=help_.channel,
            reference=f"earlier-{reference}",
            title=help_.title,
            skill=help_.skill,
        )

    def _past_gift(self, present: Present, number: int) -> PastGift:
        giver, receiver = self.accounts[present.giver], self.accounts[present.receiver]
        return PastGift(
            f"import:earlier-{number}", present.on, giver, receiver, present.minutes, "import"
        )

    def happen(self, happening: Help | Present) -> None:
        if isinstance(happening, Present):
            self._give(happening)
        else:
            self._help(happening)

    def _give(self, present: Present) -> None:
        # The chest's hours are the broker's to give, but not to herself.
        by = (
            self.actor(2 if present.receiver == 1 else 1)
            if present.giver < 0
            else self.actor(present.giver)
        )
        exchanges_service.give(
            self.session,
            self.bank,
            Act(by, self.instant(present.on, 17)),
            from_id=self.accounts[present.giver],
            to_id=self.accounts[present.receiver],
            minutes=present.minutes,
            message=present.message,
            decided_by=_DECIDED_BY if present.giver == CHEST else None,
        )

    def _help(self, help_: Help) -> None:
        giver, receiver = self.accounts[help_.giver], self.accounts[help_.receiver]
        logger, logged_word = self._voice(help_, help_.giver)
        at = self.instant(help_.on, 18)
        both = {"session": self.session, "bank": self.bank}
        if help_.ending in ("proposed", "agreed", "declined"):
            proposal = exchanges_service.propose(
                **both,
                giver_id=giver,
                receiver_id=receiver,
                title=help_.title,
                skill=help_.skill,
                planned_on=help_.on + timedelta(days=12),
                act=Act(logger, at, logged_word),
            )
            answerer, word = self._voice(help_, help_.receiver)
            if help_.ending == "agreed":
                exchanges_service.agree(
                    **both,
                    exchange_id=proposal.exchange.id,
                    act=Act(answerer, at + timedelta(hours=1), word),
                )
            elif help_.ending == "declined":
                exchanges_service.decline(
                    **both,
                    exchange_id=proposal.exchange.id,
                    act=Act(answerer, at + timedelta(hours=1), word),
                )
            return
        logged = exchanges_service.log_new(
            **both,
            giver_id=giver,
            receiver_id=receiver,
            occurred_on=help_.on,
            minutes=help_.minutes,
            title=help_.title,
            skill=help_.skill,
            thanks=help_.thanks,
            act=Act(logger, at, logged_word),
        )
        if help_.ending == "waiting":
            return
        confirmer, word = self._voice(help_, help_.receiver)
        later = at + timedelta(days=self.draw.randrange(3), minutes=30)
        if help_.ending in ("disputed", "settled"):
            note = "It was shorter than that."
            exchanges_service.dispute(
                **both,
                exchange_id=logged.exchange.id,
                note=note,
                act=Act(confirmer, later, word),
            )
            if help_.ending == "settled":
                settled = max(15, help_.minutes - 15)
                note = "Both agree now."
                exchanges_service.settle(
                    **both,
                    exchange_id=logged.exchange.id,
                    minutes=settled,
                    note=note,
                    act=Act(self.broker, later),
                )
            return
        exchanges_service.confirm(
            **both, exchange_id=logged.exchange.id, act=Act(confirmer, later, word)
        )
        if help_.ending in ("taken_back", "put_right"):
            wrong = "The slip was read wrongly." if help_.slip else "Entered twice by mistake."
            after = later + timedelta(days=2)
            exchanges_service.reverse(
                **both, exchange_id=logged.exchange.id, note=wrong, act=Act(self.broker, after)
            )
            if help_.ending == "put_right":
                again = exchanges_service.log_again(
                    **both,
                    exchange_id=logged.exchange.id,
                    occurred_on=help_.on,
                    minutes=max(15, help_.minutes - 30),
                    act=Act(self.broker, after, Word(Channel.PHONE, giver)),
                )
                exchanges_service.confirm(
                    **both,
                    exchange_id=again.exchange.id,
                    act=Act(self.broker, after, Word(Channel.PHONE, receiver)),
                )

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
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Bank:
    """Make the demonstration bank and return it. `progress(done, of)` is called as it goes on."""
    today = now.date()
    plan = make_plan(members=members_wanted, months=months, seed=seed, today=today)
    opened = datetime.combine(today - timedelta(days=30 * months + 1), time(9), UTC)
    bank = members_service.open_bank(session, name="Alder Row Time Bank", slug=SLUG, now=opened)
    bank.about = (
        "Neighbours around the Alder Row canal basin who help each other. An hour is an hour,"
        " whatever you do with it."
    )
    bank.contact_name, bank.contact_phone = "Maggie Dunne", "01632 960142"
    bank.contact_email = "maggie@alder-row.example"
    maker = _Maker(session, bank, plan, seed)
    maker.enrol_everybody(now=opened)
    maker.fill_directory()
    earlier, lately = plan.happenings[:-_LIVE], plan.happenings[-_LIVE:]
    maker.remember(earlier, now=maker.instant(lately[0].on, 8) if lately else opened)
    people = list(zip(plan.people, maker.people, strict=True))
    together = Together(
        session, bank, people, maker.organisations, start=opened.date(), now=now, seed=seed
    )
    together.open()
    for number, happening in enumerate(lately, start=1):
        together.until(happening.on)
        maker.happen(happening)
        progress(number, len(lately))
    together.until(today)
    _show_everything_to_joan(maker, now)
    _share(maker, now)
    _fill_the_desk(maker, now)
    _bring_people_together(maker, now)
    ask_people(session, bank, people, Act(maker.actor(2), now), seed=seed)
    for member in maker.people:
        if member.name in SIGN_INS:
            access_service.set_password(
                session, bank, member.id, PASSWORD, Act(Actor.system(bank.id, _SYSTEM), now)
            )
    # What happened long ago was told long ago.
    notices_service.mark_all_told(
        session, bank, before=now - timedelta(days=10), by=maker.broker, now=now
    )
    return bank


def _show_everything_to_joan(maker: _Maker, now: datetime) -> None:
    """The resident to sign in as has something to confirm, something agreed, and something to
    answer."""
    joan, derek, other = maker.accounts[0], maker.accounts[3], maker.accounts[4]
    both = {"session": maker.session, "bank": maker.bank}
    exchanges_service.log_new(
        **both,
        giver_id=other,
        receiver_id=joan,
        occurred_on=now.date() - timedelta(days=3),
        minutes=120,
        title="Mending the garden gate",
        skill="Small repairs",
        act=Act(maker.broker, now - timedelta(days=2), Word(Channel.PHONE, other)),
    )
    lift = exchanges_service.propose(
        **both,
        giver_id=derek,
        receiver_id=joan,
        title="Lift to the eye clinic",
        skill="Lifts",
        planned_on=now.date() + timedelta(days=4),
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
        name="Nell Carraway",
        phone="07700 900555",
        area="The Crofts",
        about="I have just moved here. I can cook, and I would like somebody to walk with.",
        now=now - timedelta(days=1),
    )


def _share(maker: _Maker, now: datetime) -> None:
    """A group earns hours together, partners give to the chest, and the chest gives to the group
    and to whoever needs it."""
    session, bank, broker = maker.session, maker.bank, maker.broker
    then = now - timedelta(days=30)
    name, about = GROUP
    group = members_service.open_group(session, bank, Act(broker, then), name=name, about=about)
    for member in (maker.people[0], *maker.people[3:6]):
        members_service.add_to_group(session, bank, group.id, member.id, Act(broker, then))
    hall, surgery, library = (maker.accounts[FIRST_ORGANISATION - number] for number in range(3))
    lunch = exchanges_service.log_new(
        session,
        bank,
        Act(maker.actor(3), then),
        giver_id=group.account_id,
        receiver_id=hall,
        occurred_on=then.date(),
        minutes=120,
        title="Lunch for the repair café",
        skill="Cooking",
    )
    exchanges_service.confirm(
        session, bank, lunch.exchange.id, Act(broker, then, Word(Channel.PHONE, hall))
    )
    for partner in (surgery, library):
        word = Act(broker, then, Word(Channel.PHONE, partner))
        exchanges_service.give(
            session, bank, from_id=partner, to_id=maker.accounts[CHEST], minutes=120, act=word
        )
    people = [maker.accounts[index] for index in range(3, len(maker.people))]
    balances = ledger.accounts(session, bank, people)
    poorest = sorted(people, key=lambda account_id: balances[account_id].balance)[:2]
    reasons = ("Help in the kitchen at the winter lunches, which are open to everybody.", *REASONS)
    for days, (to_id, minutes, reason) in enumerate(
        zip((group.account_id, *poorest), (90, 75, 60), reasons, strict=False)
    ):
        grant = {
            "message": reason,
            "decided_by": _DECIDED_BY,
            "act": Act(broker, then + timedelta(days=5 * days)),
        }
        exchanges_service.give(
            session, bank, from_id=maker.accounts[CHEST], to_id=to_id, minutes=minutes, **grant
        )


def _fill_the_desk(maker: _Maker, now: datetime) -> None:
    """The broker to sign in as looks after some of the members, and wanted to ring two of them
    again."""
    by = Act(maker.broker, now - timedelta(days=5))
    maggie = maker.people[1]
    residents = [member for member in maker.people[:_KNOWN] if member.role == "member"]
    for member in residents[::3]:
        members_service.set_profile(
            maker.session, maker.bank, member.id, broker_id=maggie.id, act=by
        )
    calls = (
        "Would like company on a walk. Ring when the weather turns.",
        "Nobody there. Try after eleven.",
    )
    for days, (member, words) in enumerate(zip(residents[2:4], calls, strict=True)):
        next_on = now.date() - timedelta(days=days)
        desk_service.note_call(
            maker.session, maker.bank, member.id, words=words, next_on=next_on, act=by
        )


def _bring_people_together(maker: _Maker, now: datetime) -> None:
    """Checks and languages are written down, three requests are with somebody, and two people have
    written to each other."""
    session, bank, broker = maker.session, maker.bank, maker.broker
    on, then = now.date(), now - timedelta(days=8)
    listings = skills.shown(session, bank, skills.open_listings(session, bank, on=on))
    for one in listings:
        member_id = one.party.member_id
        if (
            one.listing.kind == "offer"
            and one.needs_check
            and member_id is not None
            and maker.draw.random() < 0.7
        ):
            since, until = (
                on - timedelta(days=maker.draw.randrange(30, 900)),
                on + timedelta(days=maker.draw.randrange(5, 700)),
            )
            dates = {"held_since": since, "expires_on": until}
            members_service.record_check(
                session, bank, member_id, one.needs_check, Act(broker, then), **dates
            )
    for member in maker.people[3:_KNOWN:7]:
        also = maker.draw.choice(
            ("English, Polish", "English, Punjabi", "English, Urdu", "English, Welsh")
        )
        members_service.set_profile(session, bank, member.id, Act(broker, then), languages=also)
    # Joan's own first, so that there is something for her to answer; the last waits to hear how it
    # went.
    joan = maker.accounts[0]
    requests = [
        one.listing
        for one in listings
        if one.listing.kind == "request" and one.listing.account_id != joan
    ][:20]
    wish = skills_service.post(
        session,
        bank,
        "request",
        Act(maker.actor(0), now - timedelta(days=3)),
        account_id=joan,
        title="My kitchen tap drips all night",
        description="I can’t turn it off any more.",
        area=maker.plan.people[0].area,
        ends_on=on + timedelta(days=40),
    )
    made = 0
    for request, days in zip((wish, *requests), (2, *(7,) * len(requests)), strict=True):
        best = matching.shortlist(session, bank, request.id, now=now, limit=1)
        if best and made < _INTRODUCED:
            offer_id = best[0].offer.listing.id if best[0].offer else None
            two = {
                "giver_id": best[0].party.account_id,
                "offer_id": offer_id,
                "follow_up_on": on + timedelta(days=2 - days // 3),
            }
            matching_service.introduce(
                session, bank, request.id, Act(broker, now - timedelta(days=days)), **two
            )
            made += 1
    other = next(
        one
        for one in listings
        if one.listing.kind == "offer" and one.party.member_id not in (None, maker.people[0].id)
    )
    asked = {
        "words": "Hello! Could you show me how, on a Tuesday morning?",
        "act": Act(maker.actor(0), now - timedelta(hours=30)),
    }
    first = messages_service.write_about_listing(session, bank, other.listing.id, **asked)
    answerer = next(
        number for number, member in enumerate(maker.people) if member.id == other.party.member_id
    )
    answered = {
        "words": "Gladly. Would ten o’clock suit you?",
        "act": Act(maker.actor(answerer), now - timedelta(hours=5)),
    }
    messages_service.answer(session, bank, first.conversation_id, **answered)


def _account(member: Member) -> int:
    if member.account_id is None:
        raise ValueError(f"{member.name} was enrolled without an account.")
    return member.account_id
