"""A small town for walking through pages: one bank with a person of each role and one thing of each kind."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import Flask

from tests.factories import NOW, actor, make_bank, make_member, make_organisation
from timebank import clock
from timebank.access import service as access
from timebank.db import transaction
from timebank.imports import service as imports
from timebank.members import service as members


@dataclass
class Town:
    """Ids of what there is. `examples` gives, for each name that stands in an address, values to try."""

    slug: str
    people: dict[str, int]
    examples: dict[str, Sequence[object]] = field(default_factory=dict)


def build(app: Flask) -> Town:
    """Fill an empty database."""
    with app.app_context(), transaction() as session:
        bank = make_bank(
            session, name="Alder Row Time Bank", slug="alder-row", contact_name="Maggie Dunne", contact_phone="01632 960 142"
        )
        joan = make_member(session, bank, "Joan Whitlock", email="joan@example.org", area="Alder Row")
        maggie = make_member(session, bank, "Maggie Dunne", role="broker", email="maggie@example.org")
        owen = make_member(session, bank, "Owen Pritchard", role="coordinator", email="owen@example.org")
        surgery = make_organisation(session, bank, "St Anne’s surgery")
        eileen = members.join(session, bank, name="Eileen Marsh", phone="01632 960 155", about="I read aloud.", now=NOW)
        half_good = b"number,name,email\n71,Tom Keane,tom@example.org\n72,,no address\n"
        upload = imports.hand_in(
            session, bank, kind="members", file_name="members.csv", file=half_good, by=actor(owen), now=clock.now()
        )
        return Town(
            slug=bank.slug,
            people={"member": joan.id, "broker": maggie.id, "coordinator": owen.id},
            examples={
                "bank": [bank.slug],
                "member_id": [joan.id],
                "applicant_id": [eileen.id],
                "organisation_id": [surgery.id],
                "upload_id": [upload.id],
                "kind": ["members", "hours", "gifts", "postings"],
                "file_format": ["csv", "xlsx", "json", "meta"],
                "code": [access.make_link(session, bank, joan.id, by=actor(maggie), now=clock.now())],
            },
        )
