"""Being told on a device. The caller commits."""

from dataclasses import replace

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.errors import Conflict, Invalid, NotAllowed
from timebank.members import queries as members
from timebank.members import service as members_service
from timebank.notices import service as notices_service
from timebank.notices.devices import Signer, are_keys, may_hand_over
from timebank.notices.models import PushDevice
from timebank.notices.rules import NewDevice, NoticeChannel
from timebank.say import say


def tell_here(
    session: Session, bank: Bank, new: NewDevice, act: Act, *, signer: Signer | None, services: str
) -> PushDevice:
    """Tell `act.by` things on this device from now on, before any other way. `services` are the
    hosts that take messages for devices.

    Raises NotAllowed for who is no member; Conflict where it is not set up; Invalid for a device
    that none of the services reaches, and when there are as many as can be.
    """
    if act.by.member_id is None:
        raise NotAllowed(say("Somebody is told here who is a member."))
    if signer is None:
        raise Conflict(say("Notices to devices are not set up here."))
    if not may_hand_over(new.endpoint, services) or not are_keys(new.p256dh, new.auth):
        raise Invalid.on(
            "endpoint", say("This browser cannot be told anything. Try another, such as Firefox.")
        )
    members.hold(session, bank, act.by.member_id)
    device = notices_service.add_device(
        session, bank, _key(act), new, server_key=signer.public, now=act.now
    )
    wishes = members.preference(session, bank, act.by.member_id)
    if wishes.channel != NoticeChannel.PUSH:
        wished = replace(wishes, channel=NoticeChannel.PUSH)
        members_service.set_preference(session, bank, act.by.member_id, wished, act)
    return device


def tell_no_more(session: Session, bank: Bank, device_id: int, act: Act) -> None:
    """Tell `act.by` nothing more on a device of theirs. Raises NotFound."""
    notices_service.end_device(session, bank, _key(act), device_id)


def _key(act: Act) -> str:
    return f"member:{act.by.member_id}"
