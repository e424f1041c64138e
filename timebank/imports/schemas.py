"""What the pages and the API of imports take and give."""

import json
from typing import Any, cast

from flask_smorest.fields import Upload
from marshmallow import fields, post_load
from werkzeug.datastructures import FileStorage

from timebank.errors import Invalid
from timebank.imports.rules import (
    EMPTY_READING,
    Answers,
    Confirmation,
    Files,
    How,
    Imported,
    ImportFormat,
    ImportState,
    NewUpload,
    Order,
    Reading,
)
from timebank.members.schemas import despite
from timebank.say import say
from timebank.schema import Code, Makes, Schema, Text, load

ENCODINGS = ("windows-1252", "iso-8859-15", "mac-roman")
"""Those that people meet and that cannot be told apart by looking at the bytes."""

_NO_FILE = cast(Any, {"required": say("Choose the file."), "invalid": say("Choose the file.")})


class _HowFields(Schema):
    kind = Code(
        Imported,
        required=True,
        error_messages=cast(Any, {"required": say("Say what the file holds.")}),
    )
    format = Code(ImportFormat, load_default=None, words=say("Choose one of those listed."))
    encoding = Text(40, load_default=None)
    update = fields.Boolean(load_default=False)
    reading = fields.String(
        load_default=None,
        metadata={
            "description": "What the columns are, and answers, as JSON: see the body of “reading”."
        },
    )


_SAME = {"description": "Lines that are here already: they are left out."}
_OTHER = {"description": "Lines that are somebody else, or other help: they are brought in."}


class RowAnswersIn(Makes[Answers]):
    """Of rows that may be here already (`asked`), whether they are."""

    same = fields.List(fields.Integer(), load_default=list, metadata=_SAME)
    other = fields.List(fields.Integer(), load_default=list, metadata=_OTHER)

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Answers:
        """The lines, each once."""
        return _answers(values)


class ReadingIn(Makes[Reading]):
    """What the columns of a file are read as, by their headings (empty: left out), and the answers
    to what is asked of it, by the keys of the questions."""

    columns = fields.Dict(
        keys=fields.String(), values=fields.String(allow_none=True), load_default=None
    )
    answers = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Reading:
        """The two, each left out where it is not said."""
        return reading_of(values)


def reading_of(values: dict[str, Any]) -> Reading:
    """A reading from what a face sends."""
    columns = values["columns"]
    named = None if columns is None else {one: field or "" for one, field in columns.items()}
    return Reading(named, values["answers"])


class _FilesFields(Schema):
    file = Upload(required=True, error_messages=_NO_FILE)
    posts = Upload(load_default=None)


class FilesIn(_FilesFields, Makes[Files]):
    """The file, and TimeOverflow's posts where it is a file of its transfers."""

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Files:
        """The files as they came."""
        return _files(values)


class UploadIn(_HowFields, _FilesFields, Makes[NewUpload]):
    """The form by which a file is handed in."""

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> NewUpload:
        """The file, and how it is to be read."""
        return NewUpload(_how(values), _files(values))


class ConfirmIn(Makes[Confirmation]):
    """Whether the good rows are wanted without the others, and why those go in that are between two
    who are kept apart."""

    good_rows = fields.Boolean(load_default=False)
    despite = despite()


class ImportIn(_HowFields, Makes[Order]):
    """What is to be done with a file."""

    dry_run = fields.Boolean(
        load_default=False, metadata={"description": "Check everything and write nothing."}
    )
    look_over = fields.Boolean(
        load_default=False,
        metadata={"description": "Check it and keep it, to be brought in once it is confirmed."},
    )
    good_rows = fields.Boolean(
        load_default=False, metadata={"description": "Bring in the good rows without the others."}
    )
    despite = despite()

    same = fields.List(fields.Integer(), load_default=list, metadata=_SAME)
    other = fields.List(fields.Integer(), load_default=list, metadata=_OTHER)

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Order:
        """What is to be done, and how the file is to be read."""
        return Order(
            _how(values),
            dry_run=values["dry_run"],
            look_over=values["look_over"],
            good_rows=values["good_rows"],
            despite=values["despite"],
        )


def _how(values: dict[str, Any]) -> How:
    written = (values["kind"], values["format"], values["encoding"], values["update"])
    return How(*written, answers=_answers(values), reading=read_from(values["reading"] or ""))


def read_from(text: str) -> Reading:
    """What was said of how a file is to be read, as JSON. Raises Invalid."""
    if not text:
        return EMPTY_READING
    try:
        return load(ReadingIn(), json.loads(text))
    except ValueError:
        raise Invalid.on(
            "reading", say("Write JSON with `columns` and `answers`, each an object of texts.")
        ) from None


def _answers(values: dict[str, Any]) -> Answers:
    return Answers(frozenset(values.get("same", ())), frozenset(values.get("other", ())))


def _files(values: dict[str, Any]) -> Files:
    """Each file is left as it was found, for others to read."""
    file, posts = values["file"], values["posts"]
    return Files(file.filename or "file", _content(file), _content(posts) if posts else None)


def _content(file: FileStorage) -> bytes:
    content = file.read()
    file.seek(0)
    return content


# ---- Answers ----


class ProblemOut(Schema):
    """What has to be mended in a row: the line of the file, the column, what stands there, and what
    to do about it."""

    line = fields.Integer(required=True)
    column = fields.String(required=True)
    value = fields.String(required=True)
    mend = fields.String(required=True)


class WidenedOut(Schema):
    """An account whose floor or ceiling is widened to hold what is brought in, in minutes; null: no
    bound."""

    holder = fields.String(required=True)
    name = fields.String(required=True)
    floor = fields.Integer(required=True, allow_none=True)
    new_floor = fields.Integer(required=True, allow_none=True)
    ceiling = fields.Integer(required=True, allow_none=True)
    new_ceiling = fields.Integer(required=True, allow_none=True)
    words = fields.String(required=True)


class ApartRowsOut(Schema):
    """Rows between two members who are kept apart: they go in only with why (`despite`)."""

    member = fields.Integer(required=True)
    other = fields.Integer(required=True)
    lines = fields.List(fields.Integer(), required=True)
    names = fields.String(
        required=True, metadata={"description": "Who is kept apart from whom, as a sentence."}
    )
    words = fields.String(required=True)


class AskedRowOut(Schema):
    """A row that may be here already: its line, and the question. It is answered by the line."""

    line = fields.Integer(required=True)
    words = fields.String(required=True)


class FileColumnOut(Schema):
    """A column of the file and what it is read as; null: it is left out."""

    heading = fields.String(required=True)
    field = fields.String(required=True, allow_none=True)
    sure = fields.Boolean(required=True)
    examples = fields.List(fields.String(), required=True)


class FileOptionOut(Schema):
    """One of the answers to a question."""

    value = fields.String(required=True)
    words = fields.String(required=True)
    small = fields.String(required=True)


class FileQuestionOut(Schema):
    """Something that is asked of the file once. While one is `open` nothing is brought in;
    `likely` is the answer that other lines speak for. One without options is answered by
    `columns`."""

    key = fields.String(required=True)
    words = fields.String(required=True)
    hint = fields.String(required=True)
    options = fields.List(fields.Nested(FileOptionOut), required=True)
    likely = fields.String(required=True, allow_none=True)
    answer = fields.String(required=True, allow_none=True)
    open = fields.Boolean(required=True)


class FirstRowOut(Schema):
    """One of the first rows, as it was understood."""

    line = fields.Integer(required=True)
    cells = fields.List(fields.String(), required=True)


class ReadingOut(Schema):
    """How the file is read: its columns, what is asked of it, and its first rows."""

    columns = fields.List(fields.Nested(FileColumnOut), required=True)
    questions = fields.List(fields.Nested(FileQuestionOut), required=True)
    headings = fields.List(
        fields.String(), required=True, metadata={"description": "What the cells of `first` are."}
    )
    first = fields.List(fields.Nested(FirstRowOut), required=True)


class CauseOut(Schema):
    """Why rows have to be mended: the column, what to do, of how many cells it is said, and the
    first of them."""

    column = fields.String(required=True)
    mend = fields.String(required=True)
    cells = fields.Integer(required=True)
    lines = fields.List(fields.Integer(), required=True)
    values = fields.List(fields.String(), required=True)


class ImportResultOut(Schema):
    """What a file came to, or would come to: how many of its rows are new, here already or to be
    mended, and each of these by itself. Of a refused file there is the `message` alone."""

    kind = Code(Imported)
    format = Code(ImportFormat)
    encoding = fields.String()
    written = fields.Boolean()
    rows = fields.Integer()
    new = fields.Integer()
    unchanged = fields.Integer()
    updated = fields.Integer()
    different = fields.Integer()
    bad = fields.Integer()
    minutes = fields.Integer()
    problems = fields.List(fields.Nested(ProblemOut))
    differences = fields.List(fields.String())
    limits_widened = fields.List(fields.Nested(WidenedOut))
    apart = fields.List(fields.Nested(ApartRowsOut))
    notes = fields.List(fields.String())
    asked = fields.List(fields.Nested(AskedRowOut))
    reading = fields.Nested(ReadingOut)
    causes = fields.List(fields.Nested(CauseOut))
    message = fields.String()


class ImportOut(Schema):
    """How far a file has come. A large one is brought in afterwards: ask again by its `id` until it
    is `done`."""

    id = fields.Integer(required=True, allow_none=True)
    state = Code(ImportState, required=True)
    rows_in = fields.Function(
        lambda upload: (upload.progress or {}).get("rows", 0),
        metadata={
            "type": "integer",
            "description": "While it is `importing`: so many rows are in the books already.",
        },
    )
    result = fields.Nested(ImportResultOut, required=True, allow_none=True)
    taken_back = fields.Function(
        lambda upload: getattr(upload, "taken_back_at", None) is not None,
        metadata={"type": "boolean", "description": "Whether it was taken back again."},
    )


class TakenBackOut(Schema):
    """What goes, or has gone, with a file that is taken back, by how many; and what stays, with why
    (the first of them)."""

    members = fields.Function(lambda found: len(found.members), metadata={"type": "integer"})
    hours = fields.Function(lambda found: len(found.hours), metadata={"type": "integer"})
    gifts = fields.Function(lambda found: len(found.gifts), metadata={"type": "integer"})
    listings = fields.Function(lambda found: len(found.listings), metadata={"type": "integer"})
    minutes = fields.Integer(required=True)
    staying = fields.Integer(required=True)
    stays = fields.List(fields.String(), required=True)
    under_way = fields.Boolean(
        required=True, metadata={"description": "It goes back afterwards, part by part."}
    )
