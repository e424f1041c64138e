"""What moving plugs into the application."""

from timebank.archive import OF_THE_HOME, Archive, Behind
from timebank.feature import Feature
from timebank.moving import cli, views

feature = Feature(
    "moving",
    pages=[views.pages],
    commands=[cli.bank],
    archive=Archive(behind=[Behind("arrival", OF_THE_HOME), Behind("arriving", OF_THE_HOME)]),
)
