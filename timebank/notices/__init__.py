"""What the bank tells people: an outbox written in the same transaction as its cause.

A *notice* is one message to one person through one channel: `email` goes out through the worker; `call` waits for a broker
to pass it on, because nobody without e-mail is given an invented address. Notices know no people: an addressee is a key
(`member:12`), a name and an address, taken down when the notice is written.
"""
