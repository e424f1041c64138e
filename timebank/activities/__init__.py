"""Doing things together: activities, their sessions, who took part, and what it came to in hours.

An activity (a repair café, a walking group, a group consultation) has a purpose, a stage of the
co-production cycle, outcome targets agreed with partners, and a lead on each side. It meets in
sessions. A session's register holds contributions: one person's part in it, with the capacity they
had that day and their minutes. A person has at most one part in the room, and beside it the time
spent preparing.

A session's hours are one balanced journal entry, made by one of four rules (see `rules`) and shown
in full before it is posted. While it stands the database refuses any change to the register; what
was wrong is reversed, and then posted anew.

Guests and newcomers without an account take part and are counted, and no hours move for them.

In the code `session` by itself is always the database's. `session_id` names a session of an
activity, in tables, URLs and JSON alike; the session with what belongs to it is a `meeting`
(`queries.Meeting`), and its row alone an `ActivitySession`.
"""
