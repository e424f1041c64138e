"""How people, partners and groups go, and what is held on somebody: to take away, and to erase.

What is kept about a member is spread over the rooms below: details with members, sign-ins with
access, messages with notices, words with exchanges. Taking it away and erasing it need to see them
all, and so stand above them. The hours themselves stay: the books hold no names, and other people's
hours refer to them.
"""
