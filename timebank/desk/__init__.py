"""The broker's day: the list of what waits, notes of calls, who looks after whom, somebody on the
phone, and paper slips.

The desk gathers what other rooms keep, each with the one thing to do about it. Of its own it holds
*notes*: what came of a call and when to ring again, for brokers and coordinators only; that
somebody read them is written down. A *caseload* is what one broker looks after. A signed slip is
entered in one go: the paper carries the word of both sides, so that it is logged and confirmed at
once.
"""
