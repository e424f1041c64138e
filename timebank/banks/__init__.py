"""Time banks (tenants) and their rules of exchange.

A *bank* is one time bank; an installation can hold many, and none can see another. Its *rules of
exchange* are data of the bank: rounding step, smallest and largest log, floor, waiting days,
automatic confirmation, time zone. Amounts are minutes.
"""
