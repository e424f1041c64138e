"""Sharing out hours and money: rounds of ideas, talked over and voted on, and counted so that
anybody can count again.

A *round* shares out one budget, of hours from the chest or of money. What is wished for is a
*proposal*, checked by a resident and a professional, talked over in *points*, and voted on by
*electors*: members, and whoever holds a numbered paper. Who voted is kept; how, lies apart on
*ballots* under random keys. The *count* gives each ballot an equal share of the budget
(`counting`); what it funds is *awarded* and reported back. Money stands in a small book of its own
(`money`) and never in the hour ledger.

What this does not hide from somebody who runs the server while people vote, and from nobody who
stands behind a voter, stands in docs/fund.md.
"""
