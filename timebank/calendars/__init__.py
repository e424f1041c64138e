"""A member's own calendar: a secret address from which a phone or a computer reads all they are to
come to or to do, and hears what is moved or called off.

Whoever has the address reads it, without signing in, so it is shown once and kept as a hash, and
its owner changes or ends it whenever they like. What stands in it comes from the rooms
(`Room.appointments`).
"""
