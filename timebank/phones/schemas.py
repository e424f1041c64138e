"""What the page about a device takes."""

from timebank.phones.rules import Subscription
from timebank.schema import Makes, Text


class SubscriptionForm(Makes[Subscription]):
    """What the browser says once somebody has allowed it."""

    endpoint = Text(1000, required=True)
    p256dh = Text(100, required=True)
    auth = Text(40, required=True)
