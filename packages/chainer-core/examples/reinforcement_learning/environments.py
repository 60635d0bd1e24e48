"""Two small tasks of control, written out: their physics is a dozen lines each."""

from __future__ import annotations

import math

import numpy as np


class CartPole:
    """A pole on a cart, to be kept upright by pushing the cart to the left (action 0) or right (1).

    After Barto, Sutton and Anderson, *Neuronlike adaptive elements that can solve difficult learning control
    problems* (1983). Each step that the pole stands is worth 1. An episode ends when the pole leans more than 12
    degrees or the cart is 2.4 metres off, and is cut after ``max_steps``.

    Args:
        rng: Where the first states come from.
        max_steps: Length of an episode in which nothing falls.
    """

    state_size = 4
    n_actions = 2

    def __init__(self, rng: np.random.Generator, max_steps: int = 200) -> None:
        self.rng = rng
        self.max_steps = max_steps

    def reset(self) -> np.ndarray:
        """First state of a new episode: position, velocity, angle, angular velocity. Shape ``(4,)``, float32."""
        self.n_steps = 0
        self.state = self.rng.uniform(-0.05, 0.05, 4)
        return self.state.astype(np.float32)

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool]:
        """Next state, reward, whether something fell, and whether the time is over. A step is 0.02 seconds."""
        position, velocity, angle, spin = self.state
        force = 10.0 if action == 1 else -10.0
        gravity, mass, pole_mass, half_length = 9.8, 1.1, 0.1, 0.5
        sine, cosine = math.sin(angle), math.cos(angle)
        push = (force + pole_mass * half_length * spin**2 * sine) / mass
        spin_rate = (gravity * sine - cosine * push) / (half_length * (4 / 3 - pole_mass * cosine**2 / mass))
        acceleration = push - pole_mass * half_length * spin_rate * cosine / mass
        self.state += 0.02 * np.array([velocity, acceleration, spin, spin_rate])
        self.n_steps += 1
        has_fallen = abs(self.state[0]) > 2.4 or abs(self.state[2]) > math.radians(12)
        return self.state.astype(np.float32), 1.0, bool(has_fallen), self.n_steps >= self.max_steps


class Pendulum:
    """A pendulum to be swung up and held there by a torque too weak to lift it at once.

    The action is the torque as a share of the largest one, in ``[-1, 1]``. A step costs the squared angle from upright,
    and a little for speed and torque; episodes have ``max_steps`` steps.

    Args:
        rng: Where the first states come from.
        max_steps: Length of an episode.
    """

    state_size = 3
    action_size = 1
    max_torque = 2.0
    max_spin = 8.0

    def __init__(self, rng: np.random.Generator, max_steps: int = 200) -> None:
        self.rng = rng
        self.max_steps = max_steps

    def reset(self) -> np.ndarray:
        """First state of a new episode: cosine and sine of the angle, angular velocity. Shape ``(3,)``, float32."""
        self.n_steps = 0
        self.angle, self.spin = self.rng.uniform([-math.pi, -1], [math.pi, 1])
        return self._observe()

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool]:
        """Next state, reward, False (no state is terminal), and whether the time is over. A step is 0.05 seconds."""
        torque = self.max_torque * float(np.clip(action[0], -1, 1))
        lean = (self.angle + math.pi) % (2 * math.pi) - math.pi
        reward = -(lean**2 + 0.1 * self.spin**2 + 0.001 * torque**2)
        spin = self.spin + 0.05 * (15 * math.sin(self.angle) + 3 * torque)  # a rod of 1 kg and 1 m, gravity 10 m/s^2
        self.spin = min(max(spin, -self.max_spin), self.max_spin)
        self.angle += 0.05 * self.spin
        self.n_steps += 1
        return self._observe(), reward, False, self.n_steps >= self.max_steps

    def _observe(self) -> np.ndarray:
        return np.array([math.cos(self.angle), math.sin(self.angle), self.spin], np.float32)
