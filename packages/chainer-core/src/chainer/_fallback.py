"""What ``forward_chainerx`` returned to say that it declines; kept for old code, which is never asked."""


class _FallbackType:
    def __repr__(self) -> str:
        return "Fallback"


Fallback = _FallbackType()
