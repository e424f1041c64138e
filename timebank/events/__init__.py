"""What happens in a bank, for programs that want to know of it: exchanges, gifts, sessions, people
who come and go, in an order in which nothing is ever skipped.

The tables in which things happen write an event each time, by a trigger and so in the same
transaction. An event has no number until it is committed: `service.number` numbers what there is,
one at a time in a bank, so that whoever has read up to a number has seen all that will ever be at
or below it (see docs/decisions/0045-events-are-numbered-once-committed.md).
"""
