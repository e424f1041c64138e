"""What the audit trail plugs into the application."""

from timebank.audit import api, views
from timebank.feature import Feature

feature = Feature("audit", pages=[views.pages], resources=[api.resources])
