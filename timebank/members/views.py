"""Pages about people, organisations and groups: joining, the members' list, one's own page,
partners."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from functools import partial
from typing import Any, cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from timebank import clock, hours, voices
from timebank.act import Role, Word
from timebank.api.paging import PageIn
from timebank.api.paging import page as page_of
from timebank.db import reading
from timebank.errors import NotAllowed, NotFound
from timebank.feature import plugged_in
from timebank.http import access, shown
from timebank.ledger import queries as ledger
from timebank.ledger.queries import AccountState
from timebank.ledger.rules import AccountKind
from timebank.members import (
    acts,
    helping,
    meeting,
    partners,
    portraits,
    queries,
    rules,
    sayings,
    service,
)
from timebank.members.current import act, actor, bank, circle, config, knows, several
from timebank.members.queries import Party
from timebank.members.rules import (
    Another,
    Details,
    FullDetails,
    Known,
    NewContact,
    NewLimits,
    NewMember,
    NewPicture,
    SharedDetails,
    Showing,
    Sight,
    Status,
    StreetOff,
    Suiting,
    Wishes,
    WrittenContact,
)
from timebank.members.schemas import (
    AnotherIn,
    ApartIn,
    ContactIn,
    DetailsIn,
    GroupIn,
    HelperIn,
    LanguageIn,
    LimitsIn,
    MemberIn,
    NewMemberForm,
    OrganisationIn,
    PersonForm,
    PictureForm,
    PreferenceIn,
    PreferenceOut,
    ProfileIn,
    RoleIn,
    ShowingIn,
    StaffProfileForm,
    StreetIn,
    StreetOffIn,
    ToHelperForm,
)
from timebank.members.words import CAPACITIES, ROLES, STATUSES, happened
from timebank.notices import queries as notices_queries
from timebank.room import details
from timebank.say import Said, say
from timebank.schema import load
from timebank.times import parts_of, times_in_words
from timebank.web.forms import Form, submit

pages = Blueprint("members", __name__, url_prefix="/b/<bank>")


@pages.app_template_filter("told_apart")
def told_apart(party: Party) -> str:
    """What tells somebody apart from others who are called alike, as the reader may know it."""
    return shown(queries.told_apart(party, staff=actor().is_broker))


@pages.app_template_filter("first_name")
def first_name(party: Party) -> str:
    """What neighbours call a member; an organisation, a group or the chest by its whole name."""
    return party.first_name


@pages.app_template_filter("sees_picture")
def sees_picture(party: Party) -> bool:
    """Whether whoever is signed in may see a picture that somebody has."""
    if party.picture is None or actor().member_id is None:
        return False
    return (
        party.picture_to == Sight.MEMBERS
        or actor().is_broker
        or party.account_id == actor().account_id
        or knows(party.account_id)
    )


@pages.app_template_filter("choices")
def choices(parties: Iterable[Party]) -> list[tuple[int, str, str]]:
    """Parties as a form offers them to choose from: account, name, and what tells them apart."""
    return [(party.account_id, party.name, told_apart(party)) for party in parties]


# ---- Joining ----


@pages.route("/join", methods=["GET", "POST"])
@access("public", ration="join")
def join() -> Response:
    """Ask to join."""

    def do(session: Session, details: Details) -> Response:
        service.join(session, bank(), details, now=clock.now())
        return redirect(url_for(".joined"), 303)

    def also(values: Mapping[str, Any]) -> None:
        # What is not among the values was written, and is wrong already.
        rules.check_reachable(*(values.get(name, "-") for name in ("phone", "email", "address")))

    return submit(
        DetailsIn(), do, lambda form: render_template("members/join.html", form=form), also=also
    )


@pages.get("/join/what-next")
@access("public")
def joined() -> str:
    """What happens after somebody has asked to join."""
    return render_template("members/joined.html")


@pages.get("/members/applications")
@access("broker")
def applications() -> str:
    """Those who have asked to join and wait for an answer."""
    waiting = queries.applications(reading(), bank())
    known = {applicant.id: _look_alikes(applicant) for applicant in waiting}
    return render_template("members/applications.html", applications=waiting, known=known)


@pages.get("/members/applications/<int:applicant_id>")
@access("broker")
def application(applicant_id: int) -> str:
    """One application, and whether the bank knows the person already."""
    return _application(applicant_id)


@pages.post("/members/applications/<int:applicant_id>/approve")
@access("broker")
def approve(applicant_id: int) -> Response:
    """Take the applicant in."""

    def do(session: Session, answer: Another) -> Response:
        member = service.approve(session, bank(), applicant_id, act(), another=answer.another)
        done = say(
            "Done: %(name)s is a member, with number %(number)s, and a welcome is written.",
            name=member.name,
            number=member.number or "",
        )
        flash(shown(done))
        return redirect(url_for(".show", member_id=member.id), 303)

    return submit(AnotherIn(), do, lambda form: _application(applicant_id, form))


@pages.route("/members/applications/<int:applicant_id>/decline", methods=["GET", "POST"])
@access("broker")
def decline(applicant_id: int) -> Response:
    """Turn an application down, after a last look: it is erased."""
    applicant = queries.applicant(reading(), bank(), applicant_id)

    def do(session: Session, _: dict[str, Any]) -> Response:
        service.decline(session, bank(), applicant_id, act())
        flash(shown(say("Done: the application is erased.")))
        return redirect(url_for(".applications"), 303)

    return submit(
        None,
        do,
        lambda form: render_template("members/decline.html", form=form, applicant=applicant),
    )


def _application(applicant_id: int, form: Form | None = None) -> str:
    applicant = queries.applicant(reading(), bank(), applicant_id)
    known = _look_alikes(applicant)
    return render_template(
        "members/application.html", applicant=applicant, known=known, statuses=STATUSES, form=form
    )


def _look_alikes(applicant: Any) -> list[Any]:
    traits = queries.traits(applicant)
    return queries.look_alikes(reading(), bank(), [traits], but=applicant.id)[traits]


# ---- Members ----


@pages.route("/members/new", methods=["GET", "POST"])
@access("broker")
def new() -> Response:
    """Write a member in."""

    def do(session: Session, written: Known[NewMember]) -> Response:
        member = service.enrol(session, bank(), written.value, act(), another=written.another)
        done = say(
            "Done: %(name)s is a member, with number %(number)s.",
            name=member.name,
            number=member.number or "",
        )
        flash(shown(done))
        return redirect(url_for(".show", member_id=member.id), 303)

    def page(form: Form) -> str:
        return render_template(
            "members/new.html", form=form, next_number=queries.next_number(reading(), bank())
        )

    return submit(NewMemberForm(), do, page, initial={"capacity": "resident"})


@pages.get("/members/<int:member_id>")
@access("broker")
def show(member_id: int) -> str:
    """One member: details, account, helpers, and what was done."""
    return _show(member_id)


def _show(member_id: int, form: Form | None = None) -> str:
    session, here = reading(), bank()
    member = queries.member(session, here, member_id)
    became = queries.merge_of(session, here, member_id)
    return render_template(
        "members/show.html",
        form=form,
        member=member,
        merges=queries.merges_into(session, here, member_id),
        became=queries.member(session, here, became.stays_id) if became else None,
        account=queries.standing(session, here, [member]).get(member.id),
        helpers=queries.helpers_of(session, here, member_id),
        helped=queries.helped_by(session, here, member_id),
        partners=queries.speaks_for(session, here, member_id),
        groups=queries.groups_of(session, here, member_id),
        history=queries.history(session, here, member_id),
        happened=partial(happened, names=details(session, here, plugged_in())),
        capacities=CAPACITIES,
        roles=ROLES,
        alike=_look_alikes(member) if member.status != Status.LEFT else [],
        **_found_by(session, member_id),
        may_manage=rules.may_manage(actor(), member.role),
        may_change=rules.may_change(actor(), member.id, member.role),
    )


@pages.route("/members/<int:member_id>/edit", methods=["GET", "POST"])
@access("member")
def edit(member_id: int) -> Response:
    """Change one's own details, or those of a member one looks after."""
    member = queries.member(reading(), bank(), member_id)
    if not rules.may_change(actor(), member.id, member.role):
        raise NotAllowed(say("These details are for the member and the staff of the time bank."))

    own = member_id == actor().member_id

    def do(session: Session, written: Details | Known[FullDetails]) -> Response:
        answered = isinstance(written, Known)
        details: Details = written.value if answered else written
        if own:
            # Theirs are changed where they say again who they are.
            details = replace(details, email=member.email, phone=member.phone)
        another = answered and written.another
        service.change(session, bank(), member_id, details, act(), another=another)
        flash(shown(say("Done: the details are changed.")))
        return redirect(_home_of(member_id), 303)

    def page(form: Form) -> str:
        return render_template(
            "members/edit.html", form=form, member=member, back=_home_of(member_id)
        )

    initial = asdict(queries.details(member))
    if actor().is_broker:
        return submit(MemberIn(), do, page, initial=initial)
    return submit(DetailsIn(), do, page, initial=initial)


@pages.route("/members/<int:member_id>/role", methods=["GET", "POST"])
@access("coordinator", fresh=True)
def role(member_id: int) -> Response:
    """Make somebody broker, coordinator, or member again."""
    member = queries.member(reading(), bank(), member_id)

    def do(session: Session, values: dict[str, Any]) -> Response:
        changed = service.set_role(session, bank(), member_id, values["role"], act())
        flash(shown(_ROLE_GIVEN[changed.role](changed.name)))
        # Somebody who has just made themselves a member may not see the staff's page of themselves.
        own = changed.id == actor().member_id and changed.role == Role.MEMBER
        return redirect(url_for(".me") if own else url_for(".show", member_id=member_id), 303)

    def page(form: Form) -> str:
        return render_template("members/role.html", form=form, member=member, roles=ROLES)

    return submit(RoleIn(), do, page, initial={"role": member.role})


_ROLE_GIVEN: Mapping[Role, Callable[[str], Said]] = {
    Role.MEMBER: lambda name: say("Done: %(name)s is member now.", name=name),
    Role.BROKER: lambda name: say("Done: %(name)s is broker now.", name=name),
    Role.COORDINATOR: lambda name: say("Done: %(name)s is coordinator now.", name=name),
}


@pages.route("/members/<int:member_id>/limits", methods=["GET", "POST"])
@access("coordinator")
def limits(member_id: int) -> Response:
    """How far below zero the account may go, and how much it may hold."""
    member = queries.member(reading(), bank(), member_id)
    account = ledger.account(reading(), bank(), member.account_id or 0)

    def do(session: Session, limits: NewLimits) -> Response:
        service.set_limits(session, bank(), member_id, limits, act())
        flash(shown(say("Done: the limits are changed.")))
        return redirect(url_for(".show", member_id=member_id), 303)

    def page(form: Form) -> str:
        return render_template("members/limits.html", form=form, member=member, account=account)

    return submit(LimitsIn(), do, page, initial=_limits_now(account))


def _limits_now(account: AccountState) -> dict[str, str | None]:
    """The limits as the form has them: the floor as how far below zero."""
    return {
        "floor": None if account.floor is None else shown(hours.table(-account.floor)),
        "ceiling": None if account.ceiling is None else shown(hours.table(account.ceiling)),
    }


@pages.post("/members/<int:member_id>/pause")
@access("broker")
def pause(member_id: int) -> Response:
    """Set somebody aside for a while."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        member = service.pause(session, bank(), member_id, act())
        done = say("Done: %(name)s is paused.", name=member.name)
        flash(shown(done), f"undo:{url_for('.resume', member_id=member_id)}")
        return redirect(url_for(".show", member_id=member_id), 303)

    return submit(None, do, lambda form: _show(member_id, form))


@pages.post("/members/<int:member_id>/resume")
@access("broker")
def resume(member_id: int) -> Response:
    """Have somebody who was paused take part again."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        member = service.resume(session, bank(), member_id, act())
        flash(shown(say("Done: %(name)s takes part again.", name=member.name)))
        return redirect(url_for(".show", member_id=member_id), 303)

    return submit(None, do, lambda form: _show(member_id, form))


def _members_meant(form: Form, name: str) -> list[Party]:
    """Those to choose from for what is written in a field."""
    return several(form.value(name), kinds=(AccountKind.MEMBER,))


# ---- Me, and who helps whom ----


@pages.get("/me")
@access("member")
def me() -> str:
    """One's own details, the people who help and are helped, and the way to one's data."""
    return _me()


def _me(form: Form | None = None) -> str:
    session, here, own_id = reading(), bank(), actor().member_id or 0
    return render_template(
        "members/me.html",
        form=form,
        party=queries.party(session, here, actor().account_id or 0),
        member=queries.member(session, here, own_id),
        helpers=queries.helpers_of(session, here, own_id),
        helped=queries.helped_by(session, here, own_id),
        partners=queries.speaks_for(session, here, own_id),
        groups=queries.groups_of(session, here, own_id),
        **_found_by(session, own_id),
    )


@pages.route("/members/<int:member_id>/helper", methods=["GET", "POST"])
@access("member")
def helper(member_id: int) -> Response:
    """Name somebody who may act for a member: by themselves, or by a broker on their word."""
    if not rules.may_grant_help(actor(), member_id):
        raise NotAllowed(
            say("Only the member, or a broker on their word, may name a helper for them.")
        )
    member = queries.member(reading(), bank(), member_id)

    def do(session: Session, values: dict[str, Any]) -> Response:
        named = queries.member_named(
            session,
            bank(),
            values["helper"],
            field="helper",
            within=circle(session),
            pick=("helper_id", values["helper_id"]),
        )
        relation, by_word = values["relation"], act(Word(despite=values["despite"]))
        helping.grant_helper(session, bank(), member_id, named.id, by_word, relation=relation)
        done = (
            say("Done: %(helper)s may act for you. Both of you are told.", helper=named.name)
            if member_id == actor().member_id
            else say(
                "Done: %(helper)s may act for %(name)s. Both of you are told.",
                helper=named.name,
                name=member.name,
            )
        )
        flash(shown(done))
        return redirect(_home_of(member_id), 303)

    def page(form: Form) -> str:
        return render_template(
            "members/helper.html",
            form=form,
            several=_members_meant(form, "helper"),
            member=member,
            back=_home_of(member_id),
        )

    return submit(HelperIn(), do, page)


@pages.post("/members/<int:member_id>/helpers/<int:grant_id>/end")
@access("member")
def end_help(member_id: int, grant_id: int) -> Response:
    """End a helper relation, seen from `member_id`, either side of it."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        helping.revoke_helper(session, bank(), grant_id, act())
        flash(shown(say("Done: that is ended, and both of you are told.")))
        return redirect(_home_of(member_id), 303)

    return submit(
        None, do, lambda form: _show(member_id, form) if _as_staff(member_id) else _me(form)
    )


@pages.post("/members/<int:member_id>/helpers/<int:grant_id>/notices")
@access("member")
def helper_notices(member_id: int, grant_id: int) -> Response:
    """Say whether somebody who acts for a member reads what the member is told."""

    def do(session: Session, values: dict[str, Any]) -> Response:
        helping.set_notices(session, bank(), grant_id, act(), wanted=values["notices"])
        flash(shown(say("Done: that is kept, and both of you are told.")))
        return redirect(_home_of(member_id), 303)

    return submit(
        ToHelperForm(),
        do,
        lambda form: _show(member_id, form) if _as_staff(member_id) else _me(form),
    )


def _as_staff(member_id: int) -> bool:
    """Whether this person looks at that member from the staff's side, and not on their own page."""
    return actor().is_broker and member_id != actor().member_id


def _home_of(member_id: int) -> str:
    return url_for(".show", member_id=member_id) if _as_staff(member_id) else url_for(".me")


def _found_by(session: Session, member_id: int) -> dict[str, Any]:
    """What a member's page says about finding the right person for them."""
    profile = queries.profile(session, bank(), member_id)
    looks_after = (
        queries.who(session, bank(), [f"member:{profile.broker_id}"]) if profile.broker_id else {}
    )
    return {
        "profile": profile,
        "showing": queries.showing(session, bank(), member_id),
        "street_read": queries.street_read(session, bank(), member_id),
        "times": shown(times_in_words(profile.times)),
        "looked_after_by": next(iter(looks_after.values()), ""),
        "apart": queries.apart(session, bank(), member_id),
    }


# ---- Finding the right person ----


@pages.route("/members/<int:member_id>/profile", methods=["GET", "POST"])
@access("member")
def profile(member_id: int) -> Response:
    """Languages, access, the times that suit, and which broker looks after them."""
    member = queries.member(reading(), bank(), member_id)
    acts.require_near(reading(), bank(), member_id, actor())

    def do(session: Session, suiting: Suiting) -> Response:
        service.set_profile(session, bank(), member_id, suiting, act())
        flash(shown(say("Done: that is kept.")))
        return redirect(_home_of(member_id), 303)

    def page(form: Form) -> str:
        staff = queries.staff(reading(), bank()) if actor().is_broker else ()
        return render_template(
            "members/profile.html", form=form, member=member, staff=staff, back=_home_of(member_id)
        )

    written = queries.suiting(reading(), bank(), member_id)
    initial = MultiDict(asdict(written))
    initial.setlist("times", parts_of(written.times))
    if actor().is_broker:
        return submit(StaffProfileForm(), do, page, initial=initial)
    return submit(ProfileIn(), do, page, initial=initial)


@pages.route("/members/<int:member_id>/page", methods=["GET", "POST"])
@access("member")
def page(member_id: int) -> Response:
    """What all members see of somebody: whether there is a page, and what stands on it."""
    member = queries.member(reading(), bank(), member_id)
    acts.require_near(reading(), bank(), member_id, actor())

    def do(session: Session, showing: Showing) -> Response:
        service.set_showing(session, bank(), member_id, showing, act())
        flash(shown(say("Done: that is kept.")))
        return redirect(_home_of(member_id), 303)

    return submit(
        ShowingIn(),
        do,
        lambda form: render_template(
            "members/page.html", form=form, member=member, back=_home_of(member_id)
        ),
        initial={
            name: chosen if isinstance(chosen, str) else "true"
            for name, chosen in asdict(queries.showing(reading(), bank(), member_id)).items()
            if chosen
        },
    )


@pages.post("/members/<int:member_id>/street/stand")
@access("broker")
def let_street_stand(member_id: int) -> Response:
    """Have what a member says stand on the front page, now that it has been read."""

    def do(session: Session, words: str) -> Response:
        sayings.let_stand(session, bank(), member_id, words, act())
        flash(shown(say("Done: it stands on the front page, in turn with others.")))
        return redirect(url_for(".show", member_id=member_id), 303)

    return submit(StreetIn(), do, lambda form: _street_page(member_id, form))


@pages.route("/members/<int:member_id>/street", methods=["GET", "POST"])
@access("broker")
def street(member_id: int) -> Response:
    """What a member says on the front page; take it off, and tell them why."""

    def do(session: Session, off: StreetOff) -> Response:
        sayings.take_off(session, bank(), member_id, off, act())
        flash(shown(say("Done: it is off the front page, and they are told why.")))
        return redirect(url_for(".show", member_id=member_id), 303)

    return submit(StreetOffIn(), do, lambda form: _street_page(member_id, form))


def _street_page(member_id: int, form: Form) -> str:
    member = queries.member(reading(), bank(), member_id)
    showing = queries.showing(reading(), bank(), member_id)
    read = queries.street_read(reading(), bank(), member_id)
    return render_template(
        "members/street.html", form=form, member=member, words=showing.street, read=read
    )


@pages.route("/members/<int:member_id>/picture", methods=["GET", "POST"])
@access("member")
def picture(member_id: int) -> Response:
    """Give a picture of somebody, and say who sees it."""
    queries.member(reading(), bank(), member_id)
    acts.require_near(reading(), bank(), member_id, actor())
    portrait = queries.picture(reading(), bank(), member_id)
    initial = {"shown_to": portrait.shown_to} if portrait else None

    def do(session: Session, new: NewPicture) -> Response:
        portraits.put(session, bank(), member_id, new, act())
        flash(shown(say("Done: the picture is kept. You can take it away at any time.")))
        return redirect(_home_of(member_id), 303)

    return submit(PictureForm(), do, lambda form: _picture_page(member_id, form), initial=initial)


@pages.post("/members/<int:member_id>/picture/remove")
@access("member")
def remove_picture(member_id: int) -> Response:
    """Take somebody's picture away."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        portraits.take_away(session, bank(), member_id, act())
        flash(shown(say("Done: the picture is gone, and the first letters stand in its place.")))
        return redirect(_home_of(member_id), 303)

    return submit(None, do, lambda form: _picture_page(member_id, form))


def _picture_page(member_id: int, form: Form) -> str:
    member = queries.member(reading(), bank(), member_id)
    party = queries.party(reading(), bank(), member.account_id or 0)
    return render_template("members/picture.html", form=form, party=party, back=_home_of(member_id))


@pages.get("/members/<int:member_id>/picture/<mark>")
@access("member")
def picture_file(member_id: int, mark: str) -> Response:
    """A picture, for who may see it. A browser keeps it, and asks each time whether they still
    may."""
    known = knows(queries.member(reading(), bank(), member_id).account_id or 0)
    portrait = portraits.seen(reading(), bank(), member_id, by=actor(), knows=known)
    if portrait.mark != mark:
        raise NotFound(say("There is no such picture here."))
    answer = Response(portrait.jpeg, mimetype="image/jpeg")
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.set_etag(mark)
    return answer.make_conditional(request)


@pages.route("/members/<int:member_id>/apart", methods=["GET", "POST"])
@access("member")
def apart(member_id: int) -> Response:
    """Whom to keep a member apart from; the others never learn of it."""

    def do(session: Session, values: dict[str, Any]) -> Response:
        other = queries.member_named(
            session,
            bank(),
            values["other"],
            field="other",
            within=circle(session),
            pick=("other_id", values["other_id"]),
        )
        helping.keep_apart(session, bank(), member_id, other.id, act())
        done = (
            say(
                "Done: %(other)s will not be introduced to you, and is told nothing of it.",
                other=other.name,
            )
            if member_id == actor().member_id
            else say(
                "Done: %(other)s will not be introduced to them, and is told nothing of it.",
                other=other.name,
            )
        )
        flash(shown(done))
        return redirect(url_for(".apart", member_id=member_id), 303)

    return submit(ApartIn(), do, lambda form: _apart(member_id, form))


@pages.post("/members/<int:member_id>/apart/<int:apart_id>/end")
@access("member")
def end_apart(member_id: int, apart_id: int) -> Response:
    """Let the two be brought together again."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        helping.end_keeping_apart(session, bank(), member_id, apart_id, act())
        flash(shown(say("Done: that is ended.")))
        return redirect(url_for(".apart", member_id=member_id), 303)

    return submit(None, do, lambda form: _apart(member_id, form))


@pages.get("/members/kept-apart")
@access("coordinator")
def met() -> str:
    """Whom the staff let meet though they are kept apart, and why."""
    wanted = load(PageIn(), dict(request.args), unknown="exclude")
    rows = meeting.met(reading(), bank(), limit=wanted["limit"], before=wanted["cursor"])
    listed = page_of(rows, wanted["limit"])
    more = url_for(".met", cursor=listed["next"]) if listed["next"] else ""
    return render_template("members/met.html", met=listed["items"], more=more)


def _apart(member_id: int, form: Form) -> str:
    member = queries.member(reading(), bank(), member_id)
    if not rules.may_keep_apart(
        actor(), member_id, acts_for=queries.acts_for(reading(), bank(), actor(), member_id)
    ):
        raise NotAllowed(
            say("Only the member, those who act for them, and brokers on their word may see this.")
        )
    pairs = queries.apart(reading(), bank(), member_id)
    return render_template(
        "members/apart.html",
        form=form,
        several=_members_meant(form, "other"),
        member=member,
        apart=pairs,
        back=_home_of(member_id),
    )


@pages.get("/me/notices")
@access("member")
def my_notices() -> Response:
    """The same address for everybody, to be named in letters: it leads to one's own page."""
    return redirect(url_for(".notices", member_id=actor().member_id), 303)


@pages.route("/members/<int:member_id>/notices", methods=["GET", "POST"])
@access("member")
def notices(member_id: int) -> Response:
    """How one likes to be told things, or how a member one looks after does."""
    member = queries.member(reading(), bank(), member_id)
    if not rules.may_change(actor(), member.id, member.role):
        raise NotAllowed(say("These details are for the member and the staff of the time bank."))

    def do(session: Session, wishes: Wishes) -> Response:
        service.set_preference(session, bank(), member.id, wishes, act())
        done = (
            say("Done: that is how we tell you things from now on.")
            if member.id == actor().member_id
            else say("Done: that is how we tell %(name)s things from now on.", name=member.name)
        )
        flash(shown(done))
        return redirect(_home_of(member.id), 303)

    def page(form: Form) -> str:
        return render_template(
            "members/notices.html",
            form=form,
            member=member,
            back=_home_of(member.id),
            texts=bool(config().text_driver),
            devices=notices_queries.devices(reading(), bank(), f"member:{member.id}"),
        )

    preference = queries.preference(reading(), bank(), member.id)
    initial = cast(dict[str, Any], PreferenceOut().dump(preference))
    return submit(PreferenceIn(), do, page, initial=initial)


@pages.route("/members/<int:member_id>/language", methods=["GET", "POST"])
@access("member")
def language(member_id: int) -> Response:
    """The language in which one reads pages and letters, or a member one looks after does."""
    member = queries.member(reading(), bank(), member_id)
    if not rules.may_change(actor(), member.id, member.role):
        raise NotAllowed(say("These details are for the member and the staff of the time bank."))

    def do(session: Session, values: dict[str, Any]) -> Response:
        service.set_language(session, bank(), member.id, values["language"], act())
        flash(shown(say("Done: pages and letters are in this language from now on.")))
        return redirect(_home_of(member.id), 303)

    def page(form: Form) -> str:
        choice = [(code, voices.own_name(code)) for code in bank().languages.split()]
        return render_template(
            "members/language.html",
            form=form,
            member=member,
            choice=choice,
            own=voices.own_name(bank().language),
            back=_home_of(member.id),
        )

    return submit(LanguageIn(), do, page, initial={"language": member.language or ""})


# ---- Organisations ----


@pages.get("/organisations")
@access("broker")
def organisations() -> str:
    """The partners, with what they have to spend and who speaks for them."""
    known = queries.organisations(reading(), bank(), closed=True)
    return render_template(
        "members/organisations.html",
        organisations=known,
        accounts=ledger.accounts(reading(), bank(), [partner.account_id for partner in known]),
        contacts={partner.id: queries.contacts(reading(), bank(), partner.id) for partner in known},
    )


@pages.get("/organisations/<int:organisation_id>")
@access("broker")
def organisation(organisation_id: int) -> str:
    """One partner."""
    partner = queries.organisation(reading(), bank(), organisation_id)
    return render_template(
        "members/organisation.html",
        organisation=partner,
        account=ledger.account(reading(), bank(), partner.account_id),
        contacts=queries.contacts(reading(), bank(), partner.id),
    )


@pages.route("/organisations/new", methods=["GET", "POST"])
@access("broker")
def new_organisation() -> Response:
    """Take in a partner."""

    def do(session: Session, details: SharedDetails) -> Response:
        partner = partners.add_organisation(session, bank(), details, act())
        done = say(
            "Done: %(name)s is a partner. Name somebody who speaks for it next.",
            name=partner.name,
        )
        flash(shown(done))
        return redirect(url_for(".organisation", organisation_id=partner.id), 303)

    return submit(
        OrganisationIn(),
        do,
        lambda form: render_template("members/new_organisation.html", form=form),
    )


@pages.route("/organisations/<int:organisation_id>/edit", methods=["GET", "POST"])
@access("broker")
def edit_organisation(organisation_id: int) -> Response:
    """Change what a partner is called and what is said about it."""
    partner = queries.organisation(reading(), bank(), organisation_id)

    def do(session: Session, details: SharedDetails) -> Response:
        partners.change_organisation(session, bank(), organisation_id, details, act())
        flash(shown(say("Done: the details are changed.")))
        return redirect(url_for(".organisation", organisation_id=organisation_id), 303)

    def page(form: Form) -> str:
        return render_template("members/edit_organisation.html", form=form, organisation=partner)

    return submit(
        OrganisationIn(), do, page, initial={"name": partner.name, "about": partner.about}
    )


@pages.route("/organisations/<int:organisation_id>/contacts/new", methods=["GET", "POST"])
@access("broker")
def new_contact(organisation_id: int) -> Response:
    """Name somebody who speaks for a partner."""
    partner = queries.organisation(reading(), bank(), organisation_id)

    def do(session: Session, written: WrittenContact) -> Response:
        pick = ("member_pick", written.member_pick)
        member_id = (
            queries.member_named(
                session, bank(), written.member, field="member", within=queries.EVERYBODY, pick=pick
            ).id
            if written.member
            else None
        )
        new = NewContact(written.name, written.phone, written.email, member_id)
        by_word = act(Word(despite=written.despite))
        contact = partners.add_contact(session, bank(), organisation_id, new, by_word)
        done = say(
            "Done: %(name)s speaks for %(organisation)s.",
            name=contact.name,
            organisation=partner.name,
        )
        flash(shown(done))
        return redirect(url_for(".organisation", organisation_id=organisation_id), 303)

    def page(form: Form) -> str:
        return render_template(
            "members/new_contact.html",
            form=form,
            several=_members_meant(form, "member"),
            organisation=partner,
        )

    return submit(ContactIn(), do, page)


@pages.post("/organisations/<int:organisation_id>/contacts/<int:contact_id>/remove")
@access("broker")
def remove_contact(organisation_id: int, contact_id: int) -> Response:
    """Somebody no longer speaks for a partner."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        partners.remove_contact(session, bank(), contact_id, act())
        flash(shown(say("Done: that contact is erased.")))
        return redirect(url_for(".organisation", organisation_id=organisation_id), 303)

    return submit(None, do, lambda _: organisation(organisation_id))


# ---- Groups ----


@pages.get("/groups")
@access("member")
def groups() -> str:
    """The groups: to everybody their names, to the staff also who is in them and what they have to
    spend."""
    session, here, staff = reading(), bank(), actor().is_broker
    listed = queries.groups(session, here, closed=staff)
    accounts = [group.account_id for group in listed]
    return render_template(
        "members/groups.html",
        groups=listed,
        accounts=ledger.accounts(session, here, accounts) if staff else {},
        people=queries.people_of(session, here, [each.id for each in listed]) if staff else {},
    )


@pages.get("/groups/<int:group_id>")
@access("member")
def group(group_id: int) -> str:
    """One group; what it holds and who is in it is for those who are in it, and the staff."""
    return _group(group_id)


def _group(group_id: int, form: Form | None = None) -> str:
    session, here = reading(), bank()
    shown_group = queries.group(session, here, group_id)
    own_account = shown_group.account_id
    knows = actor().is_broker or own_account in queries.may_act_for(session, here, actor())
    people = queries.people_of(session, here, [group_id])[group_id] if knows else []
    return render_template(
        "members/group.html",
        form=form,
        group=shown_group,
        account=ledger.account(session, here, own_account) if knows else None,
        people=meeting.leave_out(session, here, people, lambda one: one.member.id, by=actor()),
    )


@pages.route("/groups/new", methods=["GET", "POST"])
@access("broker")
def new_group() -> Response:
    """Make a group."""

    def do(session: Session, details: SharedDetails) -> Response:
        opened = partners.open_group(session, bank(), details, act())
        done = say("Done: %(name)s has an account. Say who is in it next.", name=opened.name)
        flash(shown(done))
        return redirect(url_for(".group", group_id=opened.id), 303)

    return submit(GroupIn(), do, lambda form: render_template("members/new_group.html", form=form))


@pages.route("/groups/<int:group_id>/edit", methods=["GET", "POST"])
@access("broker")
def edit_group(group_id: int) -> Response:
    """Change what a group is called and what is said about it."""
    shown_group = queries.group(reading(), bank(), group_id)

    def do(session: Session, details: SharedDetails) -> Response:
        partners.change_group(session, bank(), group_id, details, act())
        flash(shown(say("Done: the details are changed.")))
        return redirect(url_for(".group", group_id=group_id), 303)

    def page(form: Form) -> str:
        return render_template("members/edit_group.html", form=form, group=shown_group)

    return submit(
        GroupIn(), do, page, initial={"name": shown_group.name, "about": shown_group.about}
    )


@pages.route("/groups/<int:group_id>/limits", methods=["GET", "POST"])
@access("coordinator")
def group_limits(group_id: int) -> Response:
    """How far below zero a group's account may go, and how much it may hold."""
    limited = queries.group(reading(), bank(), group_id)
    account = ledger.account(reading(), bank(), limited.account_id)

    def do(session: Session, limits: NewLimits) -> Response:
        partners.set_group_limits(session, bank(), group_id, limits, act())
        flash(shown(say("Done: the limits are changed.")))
        return redirect(url_for(".group", group_id=group_id), 303)

    def page(form: Form) -> str:
        return render_template(
            "members/group_limits.html", form=form, group=limited, account=account
        )

    return submit(LimitsIn(), do, page, initial=_limits_now(account))


@pages.route("/groups/<int:group_id>/people/new", methods=["GET", "POST"])
@access("broker")
def add_to_group(group_id: int) -> Response:
    """Take somebody into a group."""
    joined_group = queries.group(reading(), bank(), group_id)

    def do(session: Session, values: dict[str, Any]) -> Response:
        member = queries.member_named(
            session,
            bank(),
            values["member"],
            field="member",
            within=queries.EVERYBODY,
            pick=("member_pick", values["member_pick"]),
        )
        by_word = act(Word(despite=values["despite"]))
        partners.add_to_group(session, bank(), group_id, member.id, by_word)
        done = say(
            "Done: %(name)s is in %(group)s, and is told.",
            name=member.name,
            group=joined_group.name,
        )
        flash(shown(done))
        return redirect(url_for(".group", group_id=group_id), 303)

    return submit(
        PersonForm(),
        do,
        lambda form: render_template(
            "members/add_to_group.html",
            form=form,
            several=_members_meant(form, "member"),
            group=joined_group,
        ),
    )


@pages.post("/groups/<int:group_id>/people/<int:member_id>/leave")
@access("member")
def leave_group(group_id: int, member_id: int) -> Response:
    """Somebody is in a group no more."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        partners.leave_group(session, bank(), group_id, member_id, act())
        name = queries.member(session, bank(), member_id).name
        done = (
            say("Done: you are not in the group any more.")
            if member_id == actor().member_id
            else say("Done: %(name)s is not in the group any more.", name=name)
        )
        flash(shown(done))
        return redirect(url_for(".group", group_id=group_id), 303)

    return submit(None, do, lambda form: _group(group_id, form))
