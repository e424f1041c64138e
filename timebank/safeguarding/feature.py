"""What the safeguarding file plugs into the application."""

from datetime import timedelta

from timebank.banks.each import each_bank
from timebank.feature import Feature
from timebank.safeguarding import api, cli, leaving, lists, reminders, views

feature = Feature(
    "safeguarding",
    pages=[views.pages],
    resources=[api.checks, api.concerns],
    commands=[cli.safeguarding],
    jobs=each_bank("safeguarding.remind", reminders.remind, every=timedelta(hours=6)),
    waiting=lists.waiting,
    did=lists.did,
    appointments=lists.appointments,
    details=lists.details,
    first_page=lists.first_page,
    expire=leaving.expire,
    forget=leaving.forget,
    export=leaving.export,
    traces=leaving.TRACES,
    merging=leaving.MERGING,
    archive=leaving.ARCHIVE,
)
