"""The memory that both agents learn from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Batch(NamedTuple):
    """Transitions, an array each; the first axis is that of the batch."""

    state: np.ndarray
    action: np.ndarray
    reward: np.ndarray
    next_state: np.ndarray
    is_state_terminal: np.ndarray


class ReplayBuffer:
    """The last ``capacity`` transitions, in arrays that are written round and round.

    Args:
        capacity: How many to keep.
        state_size: Length of a state.
        action: An example of an action, for its shape and dtype.
        rng: Where samples come from.
    """

    def __init__(self, capacity: int, state_size: int, action: np.ndarray, rng: np.random.Generator) -> None:
        self.rng = rng
        self.n = 0
        self.arrays = Batch(
            np.empty((capacity, state_size), np.float32),
            np.empty((capacity, *action.shape), action.dtype),
            np.empty(capacity, np.float32),
            np.empty((capacity, state_size), np.float32),
            np.empty(capacity, np.float32),
        )

    def __len__(self) -> int:
        return min(self.n, len(self.arrays.reward))

    def append(self, *transition: object) -> None:
        """Remembers a transition, given in the order of :class:`Batch`."""
        place = self.n % len(self.arrays.reward)
        for array, value in zip(self.arrays, transition):
            array[place] = value
        self.n += 1

    def sample(self, n: int) -> Batch:
        """Draws ``n`` transitions."""
        places = self.rng.integers(len(self), size=n)
        return Batch(*(array[places] for array in self.arrays))
