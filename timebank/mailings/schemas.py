"""What the pages and the API of letters to many and of announcements take and give."""

from typing import Any

from marshmallow import fields, post_load, validate

from timebank.mailings.rules import (
    LONGEST,
    Fate,
    MailingState,
    NewAnnouncement,
    NewMailing,
    Recipients,
)
from timebank.notices.rules import NoticeChannel
from timebank.schema import Code, Day, Makes, Schema, Text


class _Letter(Schema):
    subject = Text(LONGEST["subject"], required=True)
    body = Text(LONGEST["body"], required=True)
    calls = fields.Boolean(load_default=False)


class LetterForm(_Letter, Makes[NewMailing]):
    """A letter as a page posts it."""


class LetterIn(_Letter, Makes[NewMailing]):
    """A letter in other words, all of it."""


class MailingIn(_Letter):
    """A letter, and whom it is for: those of a run of a list, of a saved list, or these members by
    their ids. One of the three."""

    run = fields.Integer(load_default=None, allow_none=True)
    saved_list = fields.Integer(load_default=None, allow_none=True)
    members = fields.List(fields.Integer(), load_default=list, validate=validate.Length(max=5000))

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> tuple[NewMailing, Recipients]:
        """The letter, and whom it is for."""
        to = Recipients(values.pop("run"), values.pop("saved_list"), tuple(values.pop("members")))
        return NewMailing(**values), to


class FateCountOut(Schema):
    """How many a letter has met with such a fate."""

    fate = Code(Fate, required=True)
    number = fields.Integer(required=True)


class MailingOut(Schema):
    """A letter to many, and how far it is."""

    id = fields.Integer(required=True)
    subject = fields.String(required=True, attribute="mailing.subject")
    body = fields.String(required=True, attribute="mailing.body")
    calls = fields.Boolean(required=True, attribute="mailing.calls")
    state = Code(MailingState, required=True, attribute="mailing.state")
    total = fields.Integer(required=True)
    fates = fields.List(fields.Nested(FateCountOut), required=True, attribute="counted")
    at = fields.AwareDateTime(required=True, attribute="mailing.at")
    sent_at = fields.AwareDateTime(required=True, allow_none=True, attribute="mailing.sent_at")


class GotOut(Schema):
    """One of those a letter is for, and what became of it."""

    member = fields.Integer(required=True, attribute="id")
    name = fields.String(required=True)
    fate = Code(Fate, required=True)
    way = Code(NoticeChannel, required=True, allow_none=True)
    sent_at = fields.AwareDateTime(required=True, allow_none=True)


class AnnouncementIn(Makes[NewAnnouncement]):
    """What is to stand on everybody's first page, and from which day to which."""

    title = Text(LONGEST["title"], required=True)
    words = Text(LONGEST["words"], required=True)
    starts_on = Day(required=True)
    ends_on = Day(required=True)


class AnnouncementOut(Schema):
    """What stands on everybody's first page."""

    id = fields.Integer(required=True)
    title = fields.String(required=True)
    words = fields.String(required=True)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True)
