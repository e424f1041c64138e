"""The life of an exchange: which step may follow which, who may take it, and what a bank allows to be logged."""

STATUSES = ("proposed", "agreed", "logged", "disputed", "confirmed", "declined", "cancelled", "reversed")
CHANNELS = ("web", "in_person", "phone", "paper", "text", "import", "waiting_time", "system")
