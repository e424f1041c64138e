"""What banks plugs into the application."""

from timebank.archive import Archive
from timebank.banks import models  # noqa: F401
from timebank.feature import Feature
from timebank.room import Merging, Trace

ARCHIVE = Archive(keeps=("bank", "bank_picture", "bank_logo"))

_BY = "It says who put it there."
MERGING = Merging(leaves={"bank_picture.by": _BY, "bank_logo.by": _BY})

feature = Feature(
    "banks",
    traces=(Trace("bank_picture.by", stays=True), Trace("bank_logo.by", stays=True)),
    merging=MERGING,
    archive=ARCHIVE,
)
