"""What the holder of an account sees of the books: balance and statement, as page, resource and
command.

A statement says in words who helped whom. Without dates it goes back from the newest line, each
with the balance that the ledger kept; between two dates it goes forward by when things happened,
from what was brought to what is carried. Nothing is left out: what was put right stands there
twice, once each way.

The chest's statement is open to every member. It says what came and went; to whom, only the two and
the staff are told, because nobody who was helped out of the chest should have to read that
everybody knows. Above its lines stands what it holds, what came in and went out in a year, and of
every grant who decided on it and why (`chest.py`).
"""
