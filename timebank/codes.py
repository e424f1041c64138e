"""Codes that somebody reads, writes down and types: drawn, shown in groups, read back, and kept as
a digest alone."""

import hashlib
import secrets

CODE_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no letter that is taken for a digit when a code is read out or written
down."""

_MISREAD = str.maketrans("oil", "011")


def new_code(letters: int) -> str:
    """A code that nobody guesses; five bits a letter."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(letters))


def folded_code(text: str) -> str:
    """A code as it is kept, from how somebody typed it: case, spaces and hyphens do not matter, nor
    o for 0 or l for 1."""
    return "".join(sign for sign in text.casefold().translate(_MISREAD) if sign.isalnum())


def grouped(code: str, size: int = 4) -> str:
    """A code as it is shown: in groups."""
    return "-".join(code[start : start + size] for start in range(0, len(code), size))


def secret_hash(secret: str) -> str:
    """How codes, links and tokens are kept. They are long and random, so a plain digest is
    enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
