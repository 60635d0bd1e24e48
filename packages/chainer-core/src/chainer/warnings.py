"""Categories of the warnings that the package gives."""


class PerformanceWarning(Warning):
    """Something works, but much slower than it could."""
