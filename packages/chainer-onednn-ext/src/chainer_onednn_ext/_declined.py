"""How often a kernel left its work to the plain body."""

from collections import Counter

declined: Counter[str] = Counter()
"""By the name of the kernel: how often it was asked for what it does not do, so that plain NumPy did it."""
