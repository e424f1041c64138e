"""What a coordinator settles for the bank: how to reach it, who may join, its rules of exchange.

The rules themselves are the bank's (`timebank.banks`). This room stands above members and ledger,
because a new limit may be carried over to the accounts there are: a *default* limit is one that was
never set apart from the bank's.
"""
