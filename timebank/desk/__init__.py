"""The broker's day: what waits to be confirmed, settled, approved or passed on by phone, who may want a call, and paper slips.

The desk holds nothing of its own. It gathers what other rooms keep, each with the one thing to do about it, and enters a
signed slip in one go: the paper carries the word of both sides, so that it is logged and confirmed at once.
"""
