"""The hour ledger: accounts, entries, postings, and the proof that they are right. It knows no
people.

A *posting* moves whole minutes from the account debited (the *payer*, who received help) to the
account credited (the *payee*, who gave it). An *entry* is one event in the books and holds one or
more postings. The guarantees (balanced, append-only, limits, once, one exact reversal, closed) are
kept by the database itself; `docs/ledger.md` sets out each with its mechanism and its test. Nothing
written here can be erased, so nothing here describes a person: words about who did what live with
the exchange, where they can be forgotten.
"""
