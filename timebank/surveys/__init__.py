"""Asking people how they are, and who they are: waves of questions, and equality data. Answers are
kept apart from names.

A *wave* asks everybody invited the same *instruments* (published ones, or a bank's own *scale*)
between two days; it may follow an earlier one. An *invitation* says who was asked and whether they
have answered, and nothing else. What was answered lies on *sheets*, under a random key. Only where
somebody agreed that their answers be linked is that key theirs in every wave, and kept beside their
name in one table of its own, `survey_link`; else it is thrown away. Taking the consent back erases
the link and gives each sheet a key of its own. No day or time is kept of an answer, and no record
of who typed one in.

Equality answers (age, ethnic group, …) are kept in the same way, and come out only as counts that
have passed through `measures.disclosure`. Of fewer people than its threshold no mean is told to
anybody, the staff included.

What this does not hide from somebody who can read the whole database, as from a backup: of those
who answered a wave, the few who did not let their answers be linked are known by name, though not
which of the sheets that nothing links is whose; where there is one such person, there is one such
sheet. Database passwords and backups are to be kept accordingly.
"""
