"""Two small worlds, with the equations that move them."""

from __future__ import annotations

import numpy as np


class CartPole:
    """A pole on a cart that is pushed left or right (Barto et al., 1983).

    The state is position, speed, angle and angular speed; each step that the pole stands is worth 1, up to 200 of them.
    """

    n_state, n_action, max_steps = 4, 2, 200

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def reset(self) -> np.ndarray:
        self.state = self.rng.uniform(-0.05, 0.05, 4)
        return self.state.astype(np.float32)

    def step(self, action: int) -> tuple[np.ndarray, float, bool]:
        """State after a push, to the right if ``action`` is 1; reward; and whether the pole has fallen."""
        gravity, cart, pole, half_length, dt = 9.8, 1.0, 0.1, 0.5, 0.02
        x, v, angle, omega = self.state
        force = 10.0 if action == 1 else -10.0
        sin, cos = np.sin(angle), np.cos(angle)
        push = (force + pole * half_length * omega**2 * sin) / (cart + pole)
        angular = (gravity * sin - cos * push) / (half_length * (4 / 3 - pole * cos**2 / (cart + pole)))
        linear = push - pole * half_length * angular * cos / (cart + pole)
        self.state = self.state + dt * np.array([v, linear, omega, angular])
        has_fallen = bool(abs(self.state[0]) > 2.4 or abs(self.state[2]) > np.radians(12))
        return self.state.astype(np.float32), 1.0, has_fallen


class Pendulum:
    """A pendulum that a weak motor shall swing up and hold.

    The state is cosine and sine of the angle, and the angular speed; a step costs the square of the angle and a bit for
    speed and effort. An action is a torque from -1 to 1. Nothing ends it but the clock, after 200 steps.
    """

    n_state, n_action, max_steps = 3, 1, 200

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def reset(self) -> np.ndarray:
        self.angle, self.omega = self.rng.uniform([-np.pi, -1], [np.pi, 1])
        return self._observe()

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool]:
        gravity, dt = 10.0, 0.05
        torque = 2 * float(np.clip(action, -1, 1)[0])
        angle = (self.angle + np.pi) % (2 * np.pi) - np.pi
        cost = angle**2 + 0.1 * self.omega**2 + 0.001 * torque**2
        self.omega = float(np.clip(self.omega + dt * (1.5 * gravity * np.sin(self.angle) + 3 * torque), -8, 8))
        self.angle += dt * self.omega
        return self._observe(), -cost, False

    def _observe(self) -> np.ndarray:
        return np.array([np.cos(self.angle), np.sin(self.angle), self.omega], np.float32)
