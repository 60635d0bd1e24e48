"""How often a kernel left its work to the plain body, and how often images changed their layout."""

from collections import Counter

declined: Counter[str] = Counter()
"""By the name of the kernel: how often it was asked for what it does not do, so that plain NumPy did it."""

reorders: Counter[str] = Counter()
"""``"to channels-last"`` and ``"to plain"``: how often images were brought into another layout."""
