"""What the bank tells people: an outbox written in the same transaction as its cause.

A *notice* is one message to one person through one channel, by their own preference: `email` and
`text` go out through the worker; `letter` and `call` wait for a broker to pass them on, because
nobody is given an invented address. The *digest* is the weekly letter. Notices know no people: an
addressee is a key (`member:12`), a name and an address, taken down when the notice is written.
"""
