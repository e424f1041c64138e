"""What a bank says to many: letters to a list in its own words, and announcements on the first
page.

A letter goes to each by itself, through the outbox, the way they like to be told: nobody reads who
else has it. Who wishes to have no such letters gets none.
"""
