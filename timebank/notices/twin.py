"""The twin of a letter in HTML, made of its plain text: what is said stays said once.

Nothing in it is fetched from anywhere, and nothing tells us that it was read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from timebank.say import Said, Voice, say
from timebank.text import words as _  # placeholder
