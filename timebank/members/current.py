"""For views: the bank and the person of this request, as the guard found them."""

from flask import g

from timebank.banks.models import Bank
from timebank.members.rules import Actor


def bank() -> Bank:
    """The bank whose page or resource this is."""
    return g.bank


def actor() -> Actor:
    """Whoever is signed in."""
    return g.actor
