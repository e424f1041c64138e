"""What the pages write the API writes too, or it stands here with its reason.

Read from the code: the functions of services that the views and the resources of every room call.
"""

import ast
import pathlib
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

PACKAGE = pathlib.Path(__file__).parents[2] / "timebank"

_A_BROWSERS = "Signing in, and what proves who somebody is, belong to a person and their browser."
_MEANT = "A page is told names and finds out whom they mean; a program names a party outright."
_OFFERED = "A page offers what can be done; a program tries, and is refused by the same rule."
_OF_A_LETTER = "The link in a letter is its reader's; a program answers where the question is."
_WHOLE = "Whoever takes a whole bank along reads first what stays behind; there is a command."
_ON_PAPER = "Forms on paper are printed, and typed in with the paper beside the screen."
_RECEIPT = "Whoever holds a receipt needs no key, and a key would say who they are."

PAGES_ONLY = {
    "access.commissioners.link_holder": _A_BROWSERS,
    "access.commissioners.send_link": _A_BROWSERS,
    "access.links.ask": _A_BROWSERS,
    "access.links.ask_proof": _A_BROWSERS,
    "access.links.guess": _A_BROWSERS,
    "access.links.make": _A_BROWSERS,
    "access.links.send_own": _A_BROWSERS,
    "access.links.use_any": _A_BROWSERS,
    "access.links.use_hash": _A_BROWSERS,
    "access.links.use_proof": _A_BROWSERS,
    "access.passkeys.ask_to_register": _A_BROWSERS,
    "access.passkeys.ask_to_sign_in": _A_BROWSERS,
    "access.passkeys.end": _A_BROWSERS,
    "access.passkeys.register": _A_BROWSERS,
    "access.passkeys.sign_in": _A_BROWSERS,
    "access.sessions.prove": _A_BROWSERS,
    "access.service.sign_out_everywhere": "It would end the key that calls it.",
    "access.service.make_token": "A key that could make keys could not be taken away.",
    "access.service.new_recovery_codes": _A_BROWSERS,
    "access.service.reset_second_factor": _A_BROWSERS,
    "access.service.set_password": _A_BROWSERS,
    "access.service.set_up_second_factor": _A_BROWSERS,
    "access.service.show_second_factor": _A_BROWSERS,
    "dialogue.audits.print_codes": _ON_PAPER,
    "dialogue.audits.take_by_code": _ON_PAPER,
    "dialogue.audits.take_by_link": "Whoever answers by the public link has no key.",
    "dialogue.sorting.waiting": "A page says how many wait; a program asks for the next.",
    "calendars.service.make": "A key could read on after it has been taken away.",
    "calendars.service.end": "It stands where it is made.",
    "fund.awards.require_reporter": "It asks who may, before what was sent is looked at.",
    "fund.small.require_reporter": "It asks who may, before what was sent is looked at.",
    "fund.service.require_proposer": "It asks who may, before what was sent is looked at.",
    "fund.voting.elector_of": "It asks who may, before what was sent is looked at.",
    "skills.service.require_theirs": "It asks who may, before what was sent is looked at.",
    "desk.service.check_slips": "The sheet looks slips over as they are typed; nothing is kept.",
    "exchanges.service.check_back": "A page shows what it would take back before it is.",
    "exchanges.service.check_gift": "A page looks over a gift before it is given.",
    "exchanges.service.check_sides": "A page says this together with all else that is wrong.",
    "exchanges.service.check_new": "A page looks over what it will log before it is logged.",
    "fund.voting.change_by_receipt": _RECEIPT,
    "fund.voting.checked": "A page reads a vote back before it is cast.",
    "fund.voting.checked_change": _RECEIPT,
    "fund.voting.hand_out": _ON_PAPER,
    "fund.voting.print_ballots": _ON_PAPER,
    "fund.voting.read_again": _ON_PAPER,
    "fund.voting.standing": _RECEIPT,
    "fund.voting.vote_by_code": _ON_PAPER,
    "members.service.set_addresses": "A key does not say who somebody is, as changing them asks.",
    "members.service.join": "Whoever asks to join has no key yet; brokers write members in.",
    "moving.service.pack": _WHOLE,
    "moving.service.under_way": _WHOLE,
    "notices.service.mark_these_told": "Many at once, for a page; a program calls once for each.",
    "phones.service.tell_here": _A_BROWSERS,
    "phones.service.tell_no_more": _A_BROWSERS,
    "replies.service.answer": _OF_A_LETTER,
    "surveys.answering.answer_by_code": _ON_PAPER,
    "surveys.answering.print_forms": _ON_PAPER,
}

PROGRAMS_ONLY = {
    "dialogue.evaluations.evaluate_session": "A page asks after a conversation, meetings and all.",
    "exchanges.visits.doorstep": "The page of the exchange shows it with `exchanges.visits.visit`.",
    "matching.search.find": "The page asks the same; both import it where it is called.",
    "desk.day.today": "A page shows `desk.day.own`, and what the rooms say that waits in them.",
    "imports.service.bring_in": "A page always looks a file over first.",
    "imports.service.check": "A dry run that keeps nothing; a page keeps the file to look over.",
    "imports.service.queue": "A large file without looking it over, which a page never does.",
    "dialogue.conversations.count_hands": "One count by itself; a page takes a whole meeting.",
    "notices.service.mark_told": "One call for each; a page ticks many.",
}

SAME_AS_ANOTHER_CALL = {
    "activities.feed.feed": "A feed is for feed readers; a program reads the sessions.",
    "activities.feed.shown": "What visitors read; a program reads the sessions.",
    "dialogue.audit_queries.collects": "A program is refused what is for collectors alone.",
    "desk.day.own": "`desk.day.today` gives it together with what waits in the rooms.",
    "dialogue.commitments.may": _OFFERED,
    "activities.queries.near": "A program reads the sessions.",
    "reports.evidence.evidence": "A program asks for the file, which is kept.",
    "dialogue.commitments.may_hand": _OFFERED,
    "dialogue.conversations.may_speak": _OFFERED,
    "dialogue.conversations.require_speak": _OFFERED,
    "fund.voting.shows_ballots": "A program asks for the file, and is refused.",
    "exchanges.meant.asked": _MEANT,
    "exchanges.meant.gift": _MEANT,
    "exchanges.meant.gift_sides": _MEANT,
    "dialogue.promise_queries.promises": "`promises_of` gives those of each partnership.",
    "dialogue.said.told": "`promises_of` and the conversations give what it is put together from.",
    "exchanges.meant.log": _MEANT,
    "exchanges.meant.proposal": _MEANT,
    "exchanges.meant.sides": _MEANT,
    "exchanges.visits.visit": "`exchanges.visits.doorstep`, and the checks, say the same.",
    "members.circle.areas_with_page": "A program reads the parts of town with the neighbours.",
    "members.meeting.hides": "A page of one person; a program names both, and the service looks.",
    "reports.stories.story": "It is read for its form; `/reports/stories` gives them all.",
    "reports.dashboard.over_time": "`by` of the reports gives the same windows.",
}
"""Reads that pages ask for in another way."""


@cache
def verbs(path: pathlib.Path) -> set[str]:
    """The use cases of a module, those it hands on too: public functions that take a session, and
    who does it or when."""
    found: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and path.stem == "service":
            of = PACKAGE.joinpath(*str(node.module).split(".")[1:]).with_suffix(".py")
            if of.parent == path.parent:
                found |= verbs(of) & {alias.name for alias in node.names}
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            names = [argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)]
            if names[:1] == ["session"] and {"act", "by", "now"} & {*names}:
                found.add(node.name)
    return found


def called(face: pathlib.Path) -> Iterator[str]:
    """The use cases that a face calls or hands on, as `room.module.verb`."""
    tree = ast.parse(face.read_text())
    modules: dict[str, pathlib.Path] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("timebank."):
            for alias in node.names:
                parts = [*str(node.module).split(".")[1:], alias.name]
                path = PACKAGE.joinpath(*parts).with_suffix(".py")
                if path.exists() and path.stem not in ("queries", "rules"):
                    modules[alias.asname or alias.name] = path
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            path = modules.get(node.value.id)
            if path and node.attr in verbs(path):
                yield f"{path.parent.name}.{path.stem}.{node.attr}"


def faces() -> dict[str, set[str]]:
    """Every use case, and which faces reach it."""
    found: dict[str, set[str]] = defaultdict(set)
    for face in ("views", "api"):
        for path in (*PACKAGE.glob(f"*/{face}.py"), *PACKAGE.glob(f"*/*_{face}.py")):
            for verb in called(path):
                found[verb].add(face)
    return found


def test_what_the_pages_write_the_api_writes_too():
    found = faces()
    pages = {verb for verb, of in found.items() if of == {"views"}} - SAME_AS_ANOTHER_CALL.keys()
    programs = {verb for verb, of in found.items() if of == {"api"}}
    assert pages == PAGES_ONLY.keys()
    assert programs == PROGRAMS_ONLY.keys()
    assert len([verb for verb, of in found.items() if len(of) == 2]) > 90


def test_the_faces_are_read_as_they_are():
    found = faces()
    assert found["exchanges.service.confirm"] == {"views", "api"}
    assert found["access.service.set_password"] == {"views"}
