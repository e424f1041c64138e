"""Messages between two people about a listing or an exchange, without either learning the other's
address.

A *conversation* is between two members and about one thing. Whoever is bothered may *report* a
message to the brokers, or ask to be kept apart from the other, after which neither can write.
"""
