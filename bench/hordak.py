# pyright: reportMissingImports=false
"""django-hordak's transfer on PostgreSQL, to stand beside ours. Its packages are in
requirements/bench.lock.

It moves money without limits. Who wants one that holds in a race locks both accounts and sums up
the payer's legs first, as `transfers(limited=True)` does: the nearest that it comes to the same
promise.
"""

import os
from collections.abc import Callable

import django
from django.conf import settings
from sqlalchemy import make_url

CURRENCY = "XXX"


def start(url: str) -> None:
    """Give Django the database at `url`, which has to be its own. Checks and logs of development
    are off."""
    parsed = make_url(url)
    where = {
        "NAME": parsed.database,
        "USER": parsed.username,
        "PASSWORD": parsed.password,
        "HOST": parsed.host,
    }
    settings.configure(
        SECRET_KEY="for benchmarks",  # noqa: S106  (nothing is signed)
        DEBUG=False,
        USE_TZ=True,
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "PORT": parsed.port,
                "CONN_MAX_AGE": None,
                **where,
            }
        },
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "mptt", "hordak"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        CURRENCIES=[CURRENCY],
        DEFAULT_CURRENCY=CURRENCY,
        HORDAK_DEFAULT_CURRENCY=CURRENCY,
    )
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    django.setup()


def fill(url: str, accounts: int) -> None:
    """Make hordak's tables and triggers, and as many accounts."""
    start(url)
    from django.core.management import call_command
    from hordak.models import Account

    call_command("migrate", verbosity=0)
    for number in range(1, accounts + 1):
        Account.objects.create(name=str(number), code=str(number), type="LI", currencies=[CURRENCY])


def grow(url: str, before: int, upto: int) -> None:
    """Write transfers of an hour between any two of the accounts until there are `upto`, past its
    triggers."""
    start(url)
    from django.db import connection
    from hordak.models import Account

    accounts = Account.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "WITH fresh AS (INSERT INTO hordak_transaction (uuid, timestamp, date, description)"
            " SELECT gen_random_uuid(), now(), '2026-11-01', 'before' FROM generate_series(1, %(fresh)s) RETURNING id)"
            " INSERT INTO hordak_leg (uuid, description, account_id, transaction_id, credit, debit, currency)"
            " SELECT gen_random_uuid(), '', (id * 7 + side * (1 + id / %(n)s %% (%(n)s - 1))) %% %(n)s + 1, id,"
            " CASE side WHEN 0 THEN 60 END, CASE side WHEN 1 THEN 60 END, %(currency)s FROM fresh, generate_series(0, 1) side",
            {"fresh": upto - before, "n": accounts, "currency": CURRENCY},
        )
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")


def transfers(url: str, *, limited: bool = False) -> Callable[[int, int, str], None]:
    """A transfer of an hour between two of the accounts, in a transaction of its own. The accounts
    are read beforehand."""
    start(url)
    from django.db import transaction
    from hordak.models import Account
    from moneyed import Money

    accounts = list(Account.objects.order_by("id"))
    hour, floor = Money(60, CURRENCY), Money(-1_000_000_000, CURRENCY)

    def check(payer: int, payee: int) -> None:
        list(
            Account.objects.select_for_update()
            .filter(pk__in=(accounts[payer - 1].pk, accounts[payee - 1].pk))
            .order_by("pk")
        )
        if accounts[payer - 1].get_simple_balance()[CURRENCY] - hour < floor:
            raise ValueError("below the floor")

    def post(payer: int, payee: int, cause: str) -> None:
        with transaction.atomic():
            if limited:
                check(payer, payee)
            accounts[payer - 1].transfer_to(accounts[payee - 1], hour, description=cause)

    return post
