"""Letters to many and announcements, for programs."""

from typing import Any

from flask_smorest import Blueprint

from timebank.api.paging import PageIn, page, page_of
from timebank.db import reading, transaction
from timebank.http import access
from timebank.mailings import queries, service
from timebank.mailings.rules import NewAnnouncement, NewMailing, Recipients
from timebank.mailings.schemas import (
    AnnouncementIn,
    AnnouncementOut,
    GotOut,
    LetterIn,
    MailingIn,
    MailingOut,
)
from timebank.members.current import act, bank

mailings = Blueprint(
    "mailings", __name__, url_prefix="/api/v1/mailings", description="Letters to many"
)
announcements = Blueprint(
    "announcements",
    __name__,
    url_prefix="/api/v1/announcements",
    description="What stands on everybody’s first page",
)


@mailings.route("", methods=["GET"])
@access("broker")
@mailings.arguments(PageIn, location="query")
@mailings.response(200, page_of(MailingOut))
def index(wanted: dict[str, Any]) -> dict[str, Any]:
    """The letters, the newest first."""
    rows = queries.mailings(reading(), bank(), before=wanted["cursor"], limit=wanted["limit"])
    listed = page(rows, wanted["limit"])
    sums = [queries.sum_of(reading(), bank(), row.id) for row in listed["items"]]
    return {"items": sums, "next": listed["next"]}


@mailings.route("", methods=["POST"])
@access("broker", scope="write")
@mailings.arguments(MailingIn)
@mailings.response(201, MailingOut)
def new(written: tuple[NewMailing, Recipients]) -> queries.Sum:
    """Write a letter. It goes to nobody before it is sent."""
    with transaction() as session:
        made = service.write(session, bank(), *written, act())
        return queries.sum_of(session, bank(), made.id)


@mailings.route("/<int:mailing_id>", methods=["GET"])
@access("broker")
@mailings.response(200, MailingOut)
def show(mailing_id: int) -> queries.Sum:
    """A letter, and how far it is."""
    return queries.sum_of(reading(), bank(), mailing_id)


@mailings.route("/<int:mailing_id>", methods=["PUT"])
@access("broker", scope="write")
@mailings.arguments(LetterIn)
@mailings.response(200, MailingOut)
def change(written: NewMailing, mailing_id: int) -> queries.Sum:
    """Put a letter into other words before it goes."""
    with transaction() as session:
        service.change(session, bank(), mailing_id, written, act())
        return queries.sum_of(session, bank(), mailing_id)


@mailings.route("/<int:mailing_id>/send", methods=["POST"])
@access("broker", scope="write")
@mailings.response(200, MailingOut)
def send(mailing_id: int) -> queries.Sum:
    """Send a letter to each by itself: at once, or by a job where they are many."""
    with transaction() as session:
        service.send(session, bank(), mailing_id, act())
        return queries.sum_of(session, bank(), mailing_id)


@mailings.route("/<int:mailing_id>/stop", methods=["POST"])
@access("broker", scope="write")
@mailings.response(200, MailingOut)
def stop(mailing_id: int) -> queries.Sum:
    """Let a letter go to nobody more."""
    with transaction() as session:
        service.stop(session, bank(), mailing_id, act())
        return queries.sum_of(session, bank(), mailing_id)


@mailings.route("/<int:mailing_id>/members", methods=["GET"])
@access("broker")
@mailings.arguments(PageIn, location="query")
@mailings.response(200, page_of(GotOut))
def got(wanted: dict[str, Any], mailing_id: int) -> dict[str, Any]:
    """Who a letter is for, and who got it how."""
    queries.mailing(reading(), bank(), mailing_id)
    after = max(wanted["cursor"] or 0, 0)
    rows = queries.got(reading(), bank(), mailing_id, after=after, limit=wanted["limit"])
    return page(rows, wanted["limit"])


@announcements.route("", methods=["GET"])
@access("broker")
@announcements.arguments(PageIn, location="query")
@announcements.response(200, page_of(AnnouncementOut))
def all_of_them(wanted: dict[str, Any]) -> dict[str, Any]:
    """The announcements, over or not, the newest first."""
    rows = queries.announcements(reading(), bank(), before=wanted["cursor"], limit=wanted["limit"])
    return page(rows, wanted["limit"])


@announcements.route("", methods=["POST"])
@access("broker", scope="write")
@announcements.arguments(AnnouncementIn)
@announcements.response(201, AnnouncementOut)
def announce(new: NewAnnouncement) -> Any:
    """Put up an announcement."""
    with transaction() as session:
        return service.announce(session, bank(), new, act())


@announcements.route("/<int:announcement_id>", methods=["GET"])
@access("member")
@announcements.response(200, AnnouncementOut)
def announcement(announcement_id: int) -> Any:
    """One announcement."""
    return queries.announcement(reading(), bank(), announcement_id)


@announcements.route("/<int:announcement_id>", methods=["DELETE"])
@access("broker", scope="write")
@announcements.response(204)
def take_down(announcement_id: int) -> None:
    """Take an announcement down, for good."""
    with transaction() as session:
        service.take_down(session, bank(), announcement_id, act())
