"""Lists, what is done to many, saved lists, tags and the bank's own fields, for programs of the
staff."""

from typing import Any

from flask_smorest import Blueprint

from timebank.api.paging import PageIn, cut, page, page_of
from timebank.db import reading, transaction
from timebank.errors import NotFound
from timebank.http import access, shown
from timebank.lists import queries, service, sources
from timebank.lists.rules import Doing, Kept, ListKind, NewName, Ticked, Wanted
from timebank.lists.schemas import (
    DoingIn,
    KeptIn,
    KeptOut,
    LinesIn,
    ListLineOut,
    OwnFieldIn,
    OwnFieldOut,
    RunIn,
    RunLineOut,
    RunOut,
    SavedListIn,
    SavedListOut,
    TagOut,
)
from timebank.lists.sources import SOURCES, Cell, Line, Phone, Time
from timebank.members import queries as members
from timebank.members.current import act, bank, today
from timebank.say import Said, say

lists = Blueprint(
    "lists", __name__, url_prefix="/api/v1/lists", description="The working lists of the office"
)
runs = Blueprint(
    "runs", __name__, url_prefix="/api/v1/runs", description="What is done to many at once"
)
saved = Blueprint(
    "saved-lists", __name__, url_prefix="/api/v1/saved-lists", description="Lists that are kept"
)
tags = Blueprint("tags", __name__, url_prefix="/api/v1", description="Tags of members")
own_fields = Blueprint(
    "own-fields",
    __name__,
    url_prefix="/api/v1/own-fields",
    description="What the bank keeps of its members besides",
)

_TO_COME = -1


def _kind(text: str) -> ListKind:
    if text not in set(ListKind):
        raise NotFound(say("There is no such list."))
    return ListKind(text)


@lists.route("/<list_kind>", methods=["GET"])
@access("broker")
@lists.arguments(LinesIn, location="query")
@lists.response(200, page_of(ListLineOut))
def index(wanted: dict[str, Any], list_kind: str) -> dict[str, Any]:
    """The lines of a list, in its order: members, offers, requests, endings (what ends within a
    week), exchanges or checks."""
    limit, start = wanted.pop("limit"), max(wanted.pop("cursor") or 0, 0)
    asked = Wanted(_kind(list_kind), **wanted)
    listed = sources.page(reading(), bank(), asked, on=today(), start=start, limit=limit)
    end = start + len(listed.lines)
    return {
        "items": [_line(asked.kind, line) for line in listed.lines],
        "next": end if end < listed.total else None,
    }


def _line(kind: ListKind, line: Line) -> dict[str, Any]:
    columns = SOURCES[kind].columns[1:]
    return {
        "id": line.id,
        "title": line.title,
        "member_id": line.member_id,
        "cells": [
            {"column": shown(column), "words": _words(cell)}
            for column, cell in zip(columns, line.cells, strict=True)
        ],
    }


def _words(cell: Cell) -> str:
    if isinstance(cell, Time):
        return str(cell.minutes)
    if isinstance(cell, Phone):
        return cell.number or ""
    return shown(cell) if isinstance(cell, Said) else str(cell)


@lists.route("/<list_kind>/runs", methods=["POST"])
@access("broker", scope="write")
@lists.arguments(RunIn)
@lists.response(201, RunOut)
def tick(values: dict[str, Any], list_kind: str) -> queries.Progress:
    """Say what is to be done to which lines. Nothing is done before the run is begun."""
    ticked = Ticked(values.pop("do"), values.pop("ids"), values.pop("all"))
    wanted = Wanted(_kind(list_kind), **values)
    with transaction() as session:
        made = service.tick(session, bank(), wanted, ticked, act())
        return queries.progress(session, bank(), made.id)


@runs.route("", methods=["GET"])
@access("broker")
@runs.arguments(PageIn, location="query")
@runs.response(200, page_of(RunOut))
def begun(wanted: dict[str, Any]) -> dict[str, Any]:
    """What was done from lists, the newest first."""
    rows = queries.runs(reading(), bank(), before=wanted["cursor"], limit=wanted["limit"])
    listed = page(rows, wanted["limit"])
    return {
        "items": [queries.progress(reading(), bank(), run.id) for run in listed["items"]],
        "next": listed["next"],
    }


@runs.route("/<int:run_id>", methods=["GET"])
@access("broker")
@runs.response(200, RunOut)
def show(run_id: int) -> queries.Progress:
    """How far it is."""
    return queries.progress(reading(), bank(), run_id)


@runs.route("/<int:run_id>/begin", methods=["POST"])
@access("broker", scope="write")
@runs.arguments(DoingIn)
@runs.response(200, RunOut)
def do(doing: Doing, run_id: int) -> queries.Progress:
    """Do it to all of them: at once, or line by line by a job where they are many."""
    with transaction() as session:
        service.do(session, bank(), run_id, doing, act())
        return queries.progress(session, bank(), run_id)


@runs.route("/<int:run_id>/undo", methods=["POST"])
@access("broker", scope="write")
@runs.response(200, RunOut)
def undo(run_id: int) -> queries.Progress:
    """Undo it, as far as nothing was changed again since."""
    with transaction() as session:
        service.undo(session, bank(), run_id, act())
        return queries.progress(session, bank(), run_id)


@runs.route("/<int:run_id>/lines", methods=["GET"])
@access("broker")
@runs.arguments(PageIn, location="query")
@runs.response(200, page_of(RunLineOut))
def lines(wanted: dict[str, Any], run_id: int) -> dict[str, Any]:
    """What became of each line, in the order of the list."""
    queries.run(reading(), bank(), run_id)
    after = _TO_COME if wanted["cursor"] is None else wanted["cursor"]
    rows = queries.lines_of(reading(), bank(), run_id, after=after, limit=wanted["limit"] + 1)
    return page(rows, wanted["limit"], key="place")


@saved.route("", methods=["GET"])
@access("broker")
@saved.arguments(PageIn, location="query")
@saved.response(200, page_of(SavedListOut))
def kept(wanted: dict[str, Any]) -> dict[str, Any]:
    """The lists that were saved, by name."""
    return cut(queries.saved_lists(reading(), bank()), wanted)


@saved.route("", methods=["POST"])
@access("broker", scope="write")
@saved.arguments(SavedListIn)
@saved.response(201, SavedListOut)
def save(values: dict[str, Any]) -> queries.Saved:
    """Keep what a list asks for under a name; one of that name asks for it from now on."""
    new = NewName(values.pop("name"))
    with transaction() as session:
        made = service.save_list(session, bank(), Wanted(**values), new, act())
        return queries.saved_of(made)


@saved.route("/<int:saved_id>", methods=["DELETE"])
@access("broker", scope="write")
@saved.response(204)
def drop_saved(saved_id: int) -> None:
    """Keep a list no more."""
    with transaction() as session:
        service.drop_saved(session, bank(), saved_id, act())


@tags.route("/tags", methods=["GET"])
@access("broker")
@tags.arguments(PageIn, location="query")
@tags.response(200, page_of(TagOut))
def all_tags(wanted: dict[str, Any]) -> dict[str, Any]:
    """The bank's tags by name, and how many have each."""
    return cut(queries.tags(reading(), bank()), wanted)


@tags.route("/tags/<int:tag_id>", methods=["DELETE"])
@access("coordinator", scope="write")
@tags.response(204)
def drop_tag(tag_id: int) -> None:
    """Take a tag off everybody, for good."""
    with transaction() as session:
        service.drop_tag(session, bank(), tag_id, act())


@tags.route("/members/<int:member_id>/tags", methods=["GET"])
@access("broker")
@tags.response(200, KeptOut)
def tags_of(member_id: int) -> dict[str, Any]:
    """The tags of a member, and what stands in the bank's own fields."""
    return _kept(reading(), member_id)


@tags.route("/members/<int:member_id>/tags", methods=["PUT"])
@access("broker", scope="write")
@tags.arguments(KeptIn)
@tags.response(200, KeptOut)
def keep(kept_now: Kept, member_id: int) -> dict[str, Any]:
    """Say which tags a member has, no others, and what is to stand in the bank's own fields; fields
    that are left out stay."""
    with transaction() as session:
        service.keep(session, bank(), member_id, kept_now, act())
        return _kept(session, member_id)


def _kept(session: Any, member_id: int) -> dict[str, Any]:
    member = members.member(session, bank(), member_id)
    words = queries.words_of(session, bank(), [member.id]).get(member.id, {})
    return {
        "tags": queries.tags_of(session, bank(), member.id),
        "words": [
            {"field": one.id, "name": one.name, "words": words.get(one.id, "")}
            for one in queries.own_fields(session, bank())
        ],
    }


@own_fields.route("", methods=["GET"])
@access("broker")
@own_fields.arguments(PageIn, location="query")
@own_fields.response(200, page_of(OwnFieldOut))
def fields(wanted: dict[str, Any]) -> dict[str, Any]:
    """The fields of the bank's own by name."""
    return cut(queries.own_fields(reading(), bank()), wanted)


@own_fields.route("", methods=["POST"])
@access("coordinator", scope="write")
@own_fields.arguments(OwnFieldIn)
@own_fields.response(201, OwnFieldOut)
def add_field(new: NewName) -> queries.Counted:
    """Keep something more of every member."""
    with transaction() as session:
        made = service.add_field(session, bank(), new, act())
        return queries.Counted(made.id, made.name, 0)


@own_fields.route("/<int:field_id>", methods=["DELETE"])
@access("coordinator", scope="write")
@own_fields.response(204)
def drop_field(field_id: int) -> None:
    """Keep a field no more, and erase what stands in it."""
    with transaction() as session:
        service.drop_field(session, bank(), field_id, act())
