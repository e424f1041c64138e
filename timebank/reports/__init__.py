"""Exports: members, hours, gifts, offers, requests, postings and activities as files, with their totals. Reads only.

An export shows the books *as recorded at* an instant, and says how far they were sealed then, so that the same question asked
later gives the same file. `hours` are hours of help, in the columns that `timebank import hours` reads; hours taken back
stand there twice, the second time with a minus, so that a sum of the column counts what still holds. Gifts are no help and
have a file of their own; `postings` is the journal itself; `activities` says who did what in sessions, and has less of an
as-of than the others, because registers keep no history. `docs/files.md` describes every column.
"""
