"""The safeguarding file: what the bank has looked at before somebody helps, whom to ring in need,
and worries about somebody's safety.

A *kind* of check is the bank's own (criminal record, references, first aid); a skill may need
several. A *check* says that a member holds one: its number, who of the staff saw the paper, since
when, until when. What is renewed or ended stays in the history. A *doorstep* is whom to ring, and
what to do, when somebody does not answer the door. A *concern* is written down by the staff for
coordinators alone, and keeps who has read it.
"""
