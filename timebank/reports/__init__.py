"""The page of figures, reports and exports, as pages and as files with their totals.

A *report* (reciprocity, participation, activities) is one value (`figures`), from which every page
and file is made. `builder` puts it together, for its days and the moment as of which it was asked,
and `archive` keeps it: the same question has the same answer for good. What leaves the staff goes
through `sharing`; `publish` makes files of it. Pages show the `dashboard`, which is in the `cache`
until anything it depends on has changed. Whom to ring and the `drawing` of the network are for the
staff alone.

An *export* is the rows themselves. It shows the books *as recorded at* an instant, and says how far
they were sealed then, so that the same question asked later gives the same file. `hours` are hours
of help, in the columns that `timebank import hours` reads; hours taken back stand there twice, the
second time with a minus, so that a sum of the column counts what still holds. Gifts are no help and
have a file of their own; `postings` is the journal itself; `activities` says who did what in
sessions, and has less of an as-of than the others, because registers keep no history.
`docs/files.md` describes every column.
"""
