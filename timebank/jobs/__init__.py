"""The job table and its worker: durable, at least once, in the same database as everything else.

A job is queued in the transaction that causes it and marked done in the transaction that does it,
so a killed worker loses nothing and does nothing twice to the database. A *lease* says which worker
holds a job and until when; when it runs out, another takes the job up.
"""
