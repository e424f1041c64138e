"""The commands `timebank phones …`."""

import click

from timebank.notices import devices


@click.group()
def phones() -> None:
    """Notices to devices."""


@phones.command()
def new_key() -> None:
    """Print a new key for TIMEBANK_PUSH_KEY. Under it every device has to be asked anew."""
    click.echo(f"TIMEBANK_PUSH_KEY={devices.new_key()}")
