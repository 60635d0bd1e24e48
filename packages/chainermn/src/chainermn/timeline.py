"""When the gradients of a step travelled, and how much of that backward has hidden."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Timeline:
    """The communication of one step, in seconds of :func:`time.perf_counter`.

    A multi-node optimizer has that of its latest step as ``timeline``. Waiting for slower ranks counts as
    communication.

    Attributes:
        ready: When each bucket had its last gradient, in the order in which they were sent.
        travels: When each began and ended to be averaged.
        nbytes: Size of each.
        backward_end: When backward had ended.

    Example:
        Two buckets, of which the second one was complete only when backward ended at 3.0, and the first one set out
        late:

        >>> timeline = Timeline(ready=[1.0, 3.0], travels=[(1.5, 3.0), (3.0, 3.5)], backward_end=3.0)
        >>> timeline.communication, timeline.hidden, timeline.hideable
        (2.0, 1.5, 1.5)
        >>> timeline.overlap
        0.75
    """

    ready: list[float] = field(default_factory=list)
    travels: list[tuple[float, float]] = field(default_factory=list)
    backward_end: float = 0.0
    nbytes: list[int] = field(default_factory=list)

    @property
    def communication(self) -> float:
        """Seconds that buckets were being averaged."""
        return sum(end - begin for begin, end in self.travels)

    @property
    def hidden(self) -> float:
        """Those of them that passed before backward ended."""
        return sum(max(0.0, min(end, self.backward_end) - begin) for begin, end in self.travels)

    @property
    def hideable(self) -> float:
        """Those of them that backward would have hidden, had each bucket set out as soon as it could."""
        free, seconds = 0.0, 0.0
        for ready, (begin, end) in zip(self.ready, self.travels, strict=True):
            start = max(ready, free)
            free = start + end - begin
            seconds += max(0.0, min(free, self.backward_end) - start)
        return seconds

    @property
    def overlap(self) -> float:
        """Share of the communication that was hidden, from 0 to 1; 0 if there was none."""
        return self.hidden / self.communication if self.communication else 0.0
