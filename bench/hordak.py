# pyright: reportMissingImports=false
"""django-hordak's transfer on PostgreSQL, to stand beside ours. Its packages are in requirements/bench.lock."""

import os
from collections.abc import Callable

import django
from django.conf import settings
from sqlalchemy import make_url

CURRENCY = "XXX"


def start(url: str) -> None:
    """Give Django the database at `url`, which has to be its own. Checks and logs of development are off."""
    parsed = make_url(url)
    where = {"NAME": parsed.database, "USER": parsed.username, "PASSWORD": parsed.password, "HOST": parsed.host}
    settings.configure(
        SECRET_KEY="for benchmarks",  # noqa: S106  (nothing is signed)
        DEBUG=False,
        USE_TZ=True,
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "PORT": parsed.port, "CONN_MAX_AGE": None, **where}},
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


def transfers(url: str) -> Callable[[int, int, str], None]:
    """A transfer of an hour between two of the accounts, in a transaction of its own. The accounts are read beforehand."""
    start(url)
    from django.db import transaction
    from hordak.models import Account
    from moneyed import Money

    accounts = list(Account.objects.order_by("id"))
    hour = Money(60, CURRENCY)

    def post(payer: int, payee: int, cause: str) -> None:
        with transaction.atomic():
            accounts[payer - 1].transfer_to(accounts[payee - 1], hour, description=cause)

    return post
