"""What banks plugs into the application."""

from timebank.archive import Archive
from timebank.banks import models  # noqa: F401
from timebank.feature import Feature
from timebank.room import Trace

ARCHIVE = Archive(keeps=("bank", "bank_picture"))

feature = Feature("banks", traces=(Trace("bank_picture.by", stays=True),), archive=ARCHIVE)
