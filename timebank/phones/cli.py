"""The commands `timebank phones …`."""

import click

from timebank.notices import push


@click.group()
def phones() -> None:
    """Notices to devices."""


@phones.command()
def new_key() -> None:
    """Print a new key for TIMEBANK_PUSH_KEY. Under it every device has to be asked anew."""
    click.echo(f"TIMEBANK_PUSH_KEY={push.new_key()}")
