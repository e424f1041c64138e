from typing import Any

from marshmallow import fields
from werkzeug.datastructures import FileStorage

class Upload(fields.Field[FileStorage]):
    def __init__(self, **kwargs: Any) -> None: ...
