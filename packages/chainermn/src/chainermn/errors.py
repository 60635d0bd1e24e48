"""What goes wrong between ranks."""

from __future__ import annotations


class CommunicationError(RuntimeError):
    """Ranks do not meet: one is missing, has gone, or does something else than the others.

    Args:
        message: What happened, with the ranks, the operation and the step.
        speaker: The rank that is to tell the user, where several know the same; ``None`` is every rank that has it.
    """

    def __init__(self, message: str, speaker: int | None = None) -> None:
        super().__init__(message)
        self.speaker = speaker
