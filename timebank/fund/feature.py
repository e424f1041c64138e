"""What fund plugs into the application."""

from timebank.feature import Feature
from timebank.fund import cli

feature = Feature("fund", commands=[cli.fund])
