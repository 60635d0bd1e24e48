#!/usr/bin/env python3
"""Learns to swing a pendulum up with deep deterministic policy gradients (Lillicrap et al., ICLR 2016).

python ddpg_pendulum.py
"""

from __future__ import annotations

import argparse
from pathlib import Path

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from environments import Pendulum
from follow import follow
from replay import Batch, ReplayBuffer


class QFunction(chainer.Chain):
    """Value of an action in a state. Shape ``(B, 1)``."""

    def __init__(self, n_inputs: int, n_units: int) -> None:
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(n_inputs, n_units)
            self.l2 = L.Linear(n_units, n_units)
            self.l3 = L.Linear(n_units, 1, initialW=chainer.initializers.Normal(1e-2))

    def forward(self, state: chainer.types.VariableLike, action: chainer.types.VariableLike) -> chainer.Variable:
        h = F.concat([state, action], axis=1)
        return self.l3(F.relu(self.l2(F.relu(self.l1(h)))))


class Policy(chainer.Chain):
    """The action for a state, every component in ``[-1, 1]``."""

    def __init__(self, state_size: int, action_size: int, n_units: int) -> None:
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(state_size, n_units)
            self.l2 = L.Linear(n_units, n_units)
            self.l3 = L.Linear(n_units, action_size, initialW=chainer.initializers.Normal(1e-2))

    def forward(self, state: chainer.types.VariableLike) -> chainer.Variable:
        return F.tanh(self.l3(F.relu(self.l2(F.relu(self.l1(state))))))

    def act(self, state: np.ndarray) -> np.ndarray:
        """The action for one state, without its graph."""
        with chainer.no_backprop_mode():
            return chainer.backend.CpuDevice().send(self(self.device.send(state[None])).array[0])


class DDPG:
    """Two networks, their optimizers, and two that follow them slowly.

    Args:
        q: The critic.
        policy: The actor.
        gamma: What a reward is worth one step later.
    """

    def __init__(self, q: QFunction, policy: Policy, gamma: float) -> None:
        self.q, self.policy, self.gamma = q, policy, gamma
        self.target_q, self.target_policy = q.copy(mode="copy"), policy.copy(mode="copy")
        self.q_optimizer = chainer.optimizers.Adam(alpha=2e-3).setup(q)
        self.policy_optimizer = chainer.optimizers.Adam(alpha=1e-3).setup(policy)

    def update(self, batch: Batch) -> None:
        """One step of each network."""
        batch = Batch(*(self.q.device.send(array) for array in batch))
        with chainer.no_backprop_mode():
            next_q = self.target_q(batch.next_state, self.target_policy(batch.next_state)).array[:, 0]
        target = batch.reward + self.gamma * (1 - batch.is_state_terminal) * next_q
        q_loss = F.mean_squared_error(self.q(batch.state, batch.action)[:, 0], target)
        self.q.cleargrads()
        q_loss.backward()
        self.q_optimizer.update()

        # The gradient passes through the critic, whose own weights stay: its gradients are cleared next time.
        policy_loss = -F.mean(self.q(batch.state, self.policy(batch.state)))
        self.policy.cleargrads()
        policy_loss.backward()
        self.policy_optimizer.update()
        follow(self.target_q, self.q, share=0.02)
        follow(self.target_policy, self.policy, share=0.02)


def evaluate(policy: Policy, env: Pendulum, n_episodes: int) -> float:
    """Mean return of episodes without noise."""
    total = 0.0
    for _ in range(n_episodes):
        state, is_over = env.reset(), False
        while not is_over:
            state, reward, _, is_over = env.step(policy.act(state))
            total += reward
    return total / n_episodes


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--episodes", "-e", type=int, default=60, help="episodes of 200 steps to learn from (default: %(default)s)")
    add("--unit", "-u", type=int, default=64, help="hidden units (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=64, help="transitions a step (default: %(default)s)")
    add("--gamma", type=float, default=0.97, help="what a reward is worth one step later (default: %(default)s)")
    add("--noise", type=float, default=0.3, help="deviation of what is added to actions (default: %(default)s)")
    add("--device", "-d", default="-1", help="'-1' for the CPU, '0' for the first GPU (default: %(default)s)")
    add("--out", "-o", type=Path, default=Path("result"), help="folder of the results (default: %(default)s)")
    add("--test", action="store_true", help="20 episodes")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if args.test:
        args.episodes = 20
    return args


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    rng = np.random.default_rng(args.seed)
    device = chainer.get_device(args.device)
    device.use()

    env, test_env = Pendulum(rng), Pendulum(np.random.default_rng(args.seed + 1))
    q = QFunction(env.state_size + env.action_size, args.unit).to_device(device)
    policy = Policy(env.state_size, env.action_size, args.unit).to_device(device)
    agent = DDPG(q, policy, args.gamma)
    replay = ReplayBuffer(20000, env.state_size, np.zeros(env.action_size, np.float32), rng)

    print(f"before: mean return {evaluate(policy, test_env, 5):.0f}")
    for episode in range(1, args.episodes + 1):
        state, is_over, total = env.reset(), False, 0.0
        while not is_over:
            action = np.clip(policy.act(state) + rng.normal(0, args.noise, env.action_size), -1, 1)
            next_state, reward, is_terminal, is_over = env.step(action)
            replay.append(state, action, 0.1 * reward, next_state, is_terminal)  # smaller rewards, smaller gradients
            state = next_state
            total += reward
            if len(replay) >= 500:
                agent.update(replay.sample(args.batchsize))
        if episode % 5 == 0:
            print(f"episode {episode}: return {total:.0f}")
    args.out.mkdir(parents=True, exist_ok=True)
    chainer.serializers.save_npz(args.out / "policy.npz", policy)
    print(f"after: mean return {evaluate(policy, test_env, 10):.0f}")


if __name__ == "__main__":
    main()
