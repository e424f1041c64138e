"""Deciding what matters together: audits, priorities, conversations, promises, and what became of
them.

A *partnership* is a place or a concern, with its residents, practitioners, planners and
organisations; its *milestones* are dated on the word of a resident and of a professional. An
*audit* asks neighbours what would make life better; answers are sorted into *themes*, which are
ranked by the share of people who named them. A meeting makes *priorities* of them. A *dialogue*
(“conversation” to residents) opens on one priority once its *frame* says what can change, what
cannot, who decides by when and what there is; every *option* gets an answer before it closes. A
*commitment* has one owner and a date; its steps are only ever added to, and “done” is confirmed by
a resident who is not the owner. An *evaluation* asks how the asking itself felt.

What can be counted is kept apart from names: sheets of audits and evaluations lie under random keys
and know no time (`timebank.apart`).
"""
