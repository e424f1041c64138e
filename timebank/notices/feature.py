"""What notices plugs into the application."""

from timebank.feature import Feature, Job
from timebank.notices import mail

feature = Feature(
    "notices",
    install=mail.install,
    jobs=[
        Job(
            "notices.send",
            mail.record,
            prepare=mail.send,
            give_up=mail.give_up,
            when=lambda config: bool(config.mail_server),
        )
    ],
)
