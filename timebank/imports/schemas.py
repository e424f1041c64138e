"""What the pages and the API of imports take and give."""

from flask_smorest.fields import Upload
from marshmallow import fields

from timebank.imports.formats import FORMATS, IMPORTED
from timebank.imports.models import STATES
from timebank.say import say
from timebank.schema import Choice, Schema, Text

ENCODINGS = ("windows-1252", "iso-8859-15", "mac-roman")
"""Those that people meet and that cannot be told apart by looking at the bytes."""

_NO_FILE = {"required": "Choose the file.", "invalid": "Choose the file."}


class HowIn(Schema):
    """What a file holds and how it is written."""

    kind = Choice(
        "Imported",
        IMPORTED,
        required=True,
        error_messages={"required": "Say what the file holds."},
    )
    format = Choice(
        "ImportFormat", FORMATS, load_default=None, words=say("Choose one of those listed.")
    )
    encoding = Text(40, load_default=None)
    update = fields.Boolean(load_default=False)


class FilesIn(Schema):
    """The file, and TimeOverflow's posts where it is a file of its transfers."""

    file = Upload(required=True, error_messages=_NO_FILE)
    posts = Upload(load_default=None)


class UploadIn(HowIn, FilesIn):
    """The form by which a file is handed in."""


class ConfirmIn(Schema):
    """Whether the good rows are wanted without the others."""

    good_rows = fields.Boolean(load_default=False)


class ImportIn(HowIn):
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


class ImportOut(Schema):
    """How far a file has come. A large one is brought in afterwards: ask again by its `id` until it
    is `done`.

    `result` counts its rows (`rows`, `new`, `unchanged`, `updated`, `different`, `bad`), lists
    `problems`, `differences` and `limits_widened`, and says in `message` why a file was refused.
    """

    id = fields.Integer(required=True, allow_none=True)
    state = Choice("ImportState", STATES, required=True)
    rows_in = fields.Function(
        lambda upload: (upload.progress or {}).get("rows", 0),
        metadata={
            "type": "integer",
            "description": "While it is `importing`: so many rows are in the books already.",
        },
    )
    result = fields.Dict(keys=fields.String(), required=True, allow_none=True)
