"""What banks plugs into the application."""

from timebank.banks import models  # noqa: F401
from timebank.feature import Feature
from timebank.room import Trace

feature = Feature("banks", traces=(Trace("bank_picture.by", stays=True),))
