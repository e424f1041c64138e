"""The directory: what is offered and what is wanted, to be browsed, searched and printed, and one's
own listings.

It shows what `skills` keeps and `matching` finds. It never shows contact details.
"""
