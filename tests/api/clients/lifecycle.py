"""An hour of help from proposal to report, by a client made from the description alone."""

import datetime
import os

from timebank_client import AuthenticatedClient
from timebank_client.api.access import access_me
from timebank_client.api.accounts import accounts_statement
from timebank_client.api.exchanges import (
    exchanges_agree,
    exchanges_confirm,
    exchanges_log,
    exchanges_new,
)
from timebank_client.api.exports import exports_show
from timebank_client.api.reports import reports_reciprocity
from timebank_client.api.search import search_find
from timebank_client.models import (
    ExchangeIn,
    ExchangeOut,
    ExchangeStatus,
    ExportsShowKind,
    FiguresIn,
    FoundOut,
    MeasuredOut,
    MeOut,
    RefusalOut,
    Side,
    StatementOut,
)

GIVER, RECEIVER, STAFF = (
    AuthenticatedClient(os.environ["SITE"], token=os.environ[name], raise_on_unexpected_status=True)
    for name in ("GIVER", "RECEIVER", "STAFF")
)
TODAY = datetime.date.fromisoformat(os.environ["TODAY"])
FIRST = datetime.date.fromisoformat(os.environ["FIRST"])

me, you = access_me.sync(client=GIVER), access_me.sync(client=RECEIVER)
assert isinstance(me, MeOut)
assert isinstance(you, MeOut)

asked = ExchangeIn(giver=me.party, receiver=you.party, title="Shelves put up")
proposed = exchanges_new.sync(client=GIVER, body=asked)
assert isinstance(proposed, ExchangeOut), proposed
assert proposed.status is ExchangeStatus.PROPOSED

agreed = exchanges_agree.sync(proposed.id, client=RECEIVER)
assert isinstance(agreed, ExchangeOut), agreed
assert agreed.status is ExchangeStatus.AGREED

figures = FiguresIn(occurred_on=TODAY, minutes="1:30")
logged = exchanges_log.sync(proposed.id, client=GIVER, body=figures)
assert isinstance(logged, ExchangeOut), logged
assert logged.waiting_for is Side.RECEIVER

confirmed = exchanges_confirm.sync(proposed.id, client=RECEIVER)
assert isinstance(confirmed, ExchangeOut), confirmed
assert confirmed.minutes == 90

again = exchanges_confirm.sync(proposed.id, client=RECEIVER)
assert isinstance(again, RefusalOut)
assert again.code == "wrong_moment"

statement = accounts_statement.sync(me.account_id, client=GIVER, limit=1)
assert isinstance(statement, StatementOut), statement
assert [line.minutes for line in statement.items] == [90]

report = reports_reciprocity.sync(client=STAFF, from_=FIRST, to=TODAY)
assert isinstance(report, MeasuredOut), report
assert len(report.windows) == 1

hours = exports_show.sync_detailed(ExportsShowKind.HOURS, client=STAFF)
assert b"Shelves put up" in hours.content

found = search_find.sync(client=GIVER, q="garden")
assert isinstance(found, FoundOut), found
assert found.query == "garden"

bare = ExchangeIn(giver=me.party, receiver="6", title="Shelves put up")
refused = exchanges_new.sync(client=GIVER, body=bare)
assert isinstance(refused, RefusalOut)
assert "member:4" in refused.fields["receiver"]
print("done")  # noqa: T201  (the test reads it)
