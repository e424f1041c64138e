"""Signing in: password, one-time link, passkey, second factor, sessions and devices, keys for
programs, and the guard that stands before every page.

Every view and resource is marked with who may use it (`timebank.web.access`,
`timebank.api.access`); the guard here reads the mark, finds the bank and the person, and lets
nobody else through. People of another bank are told there is no such page.

A *commissioner* is somebody outside the bank who may read the figures it shares and nothing else:
no member, and without an account.
"""
