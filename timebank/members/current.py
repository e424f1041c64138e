"""For views: the bank and the person of this request, as the guard found them."""

from flask import g

from timebank import clock
from timebank.act import OWN_WORD, Act, Actor, Word
from timebank.banks.models import Bank


def bank() -> Bank:
    """The bank whose page or resource this is."""
    return g.bank


def actor() -> Actor:
    """Whoever is signed in."""
    return g.actor


def act(word: Word = OWN_WORD) -> Act:
    """What this request does: by whoever is signed in, now, on their own word unless said."""
    return Act(actor(), clock.now(), word)
