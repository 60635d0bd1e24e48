#!/usr/bin/env python3
"""Learns to swing up a pendulum with DDPG (Lillicrap et al., ICLR 2016).

    python ddpg_pendulum.py --test          a few dozen attempts, in seconds

The pendulum is in environments.py. ChainerRL has more agents and takes the worlds of Gymnasium.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import chainer
import chainer.functions as F
import numpy as np
from environments import Pendulum
from networks import MLP, soft_copy
from replay import ReplayBuffer


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--episodes", type=int, default=100, help="attempts of 200 steps (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=64, help="transitions a step (default: %(default)s)")
    add("--unit", "-u", type=int, default=64, help="width of the hidden layers (default: %(default)s)")
    add("--gamma", type=float, default=0.98, help="worth of a reward one step later (default: %(default)s)")
    add("--tau", type=float, default=0.01, help="how fast the targets follow (default: %(default)s)")
    add("--noise", type=float, default=0.2, help="spread of what is tried out (default: %(default)s)")
    add("--out", "-o", type=Path, default=Path("result"), help="folder of the results (default: %(default)s)")
    add("--test", action="store_true", help="30 attempts")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if args.test:
        args.episodes = 30
    return args


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    rng = np.random.default_rng(args.seed)

    env = Pendulum(rng)
    policy, target_policy = (MLP(env.n_state, args.unit, env.n_action, bounded=True) for _ in range(2))
    q, target_q = (MLP(env.n_state + env.n_action, args.unit, 1) for _ in range(2))
    target_policy.copyparams(policy)
    target_q.copyparams(q)
    policy_optimizer = chainer.optimizers.Adam(alpha=0.001).setup(policy)
    q_optimizer = chainer.optimizers.Adam(alpha=0.002).setup(q)
    buffer = ReplayBuffer(20000, env.n_state, np.zeros(env.n_action, np.float32))

    def update() -> None:
        state, action, reward, next_state, is_terminal = buffer.sample(args.batchsize, rng)
        with chainer.no_backprop_mode():
            next_action = target_policy(next_state)
            next_value = target_q(F.concat([next_state, next_action], axis=1)).array[:, 0]
        target = reward + args.gamma * (1 - is_terminal) * next_value
        q_loss = F.mean_squared_error(q(np.concatenate([state, action], axis=1))[:, 0], target)
        q.cleargrads()
        q_loss.backward()
        q_optimizer.update()

        # The critic says which way to turn each action; its own parameters stay.
        policy_loss = -F.mean(q(F.concat([state, policy(state)], axis=1)))
        policy.cleargrads()
        policy_loss.backward()
        policy_optimizer.update()
        soft_copy(policy, target_policy, args.tau)
        soft_copy(q, target_q, args.tau)

    returns = []
    for episode in range(1, args.episodes + 1):
        state, total = env.reset(), 0.0
        for _ in range(env.max_steps):
            with chainer.no_backprop_mode():
                action = policy(state[None]).array[0] + args.noise * rng.standard_normal(env.n_action)
            action = action.clip(-1, 1).astype(np.float32)
            next_state, reward, is_end = env.step(action)
            buffer.append(state, action, 0.1 * reward, next_state, is_end)
            state = next_state
            total += reward
            if len(buffer) >= 500:
                update()
        returns.append(total)
        if episode % 10 == 0:
            print(f"attempt {episode:4d}  mean return of the last 10: {np.mean(returns[-10:]):.1f}")

    args.out.mkdir(parents=True, exist_ok=True)
    chainer.serializers.save_npz(args.out / "policy.npz", policy)


if __name__ == "__main__":
    main()
