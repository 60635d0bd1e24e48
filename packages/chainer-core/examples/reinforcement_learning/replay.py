"""What was lived through, to learn from more than once."""

from __future__ import annotations

import numpy as np


class ReplayBuffer:
    """The latest transitions, in arrays.

    Args:
        capacity: How many are kept.
        n_state: Length of a state.
        action: An action, for its shape and dtype.
    """

    def __init__(self, capacity: int, n_state: int, action: np.ndarray) -> None:
        self.state = np.zeros((capacity, n_state), np.float32)
        self.action = np.zeros((capacity, *action.shape), action.dtype)
        self.reward = np.zeros(capacity, np.float32)
        self.next_state = np.zeros((capacity, n_state), np.float32)
        self.is_terminal = np.zeros(capacity, np.float32)
        self.n_seen = 0

    def __len__(self) -> int:
        return min(self.n_seen, len(self.reward))

    def append(self, state: np.ndarray, action: object, reward: float, next_state: np.ndarray, end: bool) -> None:
        i = self.n_seen % len(self.reward)
        self.state[i], self.action[i], self.reward[i] = state, action, reward
        self.next_state[i], self.is_terminal[i] = next_state, end
        self.n_seen += 1

    def sample(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        i = rng.integers(len(self), size=n)
        return self.state[i], self.action[i], self.reward[i], self.next_state[i], self.is_terminal[i]
