#!/usr/bin/env python3
"""Learns to balance a pole with a deep Q-network (Mnih et al., Nature 2015).

    python dqn_cartpole.py --test           120 attempts, in seconds
    python dqn_cartpole.py --double-dqn     choose by one network, rate by the other

The cart is in environments.py. ChainerRL has more agents and takes the worlds of Gymnasium.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import chainer
import chainer.functions as F
import numpy as np
from environments import CartPole
from networks import MLP
from replay import ReplayBuffer


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--episodes", type=int, default=200, help="attempts (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=128, help="transitions a step (default: %(default)s)")
    add("--unit", "-u", type=int, default=64, help="width of the hidden layers (default: %(default)s)")
    add("--gamma", type=float, default=0.98, help="worth of a reward one step later (default: %(default)s)")
    add("--target-update-freq", type=int, default=200, help="steps between two copies (default: %(default)s)")
    add("--final-exploration", type=int, default=1000, help="steps until chance is 5 %% (default: %(default)s)")
    add("--double-dqn", action="store_true", help="use Double DQN (van Hasselt et al., AAAI 2016)")
    add("--out", "-o", type=Path, default=Path("result"), help="folder of the results (default: %(default)s)")
    add("--test", action="store_true", help="120 attempts")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if args.test:
        args.episodes = 120
    return args


def update(
    q: MLP, target_q: MLP, optimizer: chainer.Optimizer, batch: tuple[np.ndarray, ...], args: argparse.Namespace
) -> None:
    """One step towards reward plus discounted value of the next state."""
    state, action, reward, next_state, is_terminal = batch
    with chainer.no_backprop_mode():
        next_values = target_q(next_state).array
        chooser = q(next_state).array if args.double_dqn else next_values
    best = next_values[np.arange(len(reward)), chooser.argmax(axis=1)]
    target = reward + args.gamma * (1 - is_terminal) * best
    loss = F.mean(F.huber_loss(F.select_item(q(state), action), target, delta=1.0, reduce="no"))
    q.cleargrads()
    loss.backward()
    optimizer.update()


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    rng = np.random.default_rng(args.seed)

    env = CartPole(rng)
    q, target_q = (MLP(env.n_state, args.unit, env.n_action) for _ in range(2))
    target_q.copyparams(q)
    optimizer = chainer.optimizers.Adam().setup(q)
    buffer = ReplayBuffer(50000, env.n_state, np.array(0, np.int32))

    returns, n_steps = [], 0
    for episode in range(1, args.episodes + 1):
        state, total = env.reset(), 0.0
        for _ in range(env.max_steps):
            epsilon = max(0.05, 1 - n_steps / args.final_exploration)
            if rng.random() < epsilon:
                action = int(rng.integers(env.n_action))
            else:
                with chainer.no_backprop_mode():
                    action = int(q(state[None]).array.argmax())
            next_state, reward, has_fallen = env.step(action)
            # Running out of time is no end: the pole would have stood on.
            buffer.append(state, action, reward, next_state, has_fallen)
            state = next_state
            total += reward
            n_steps += 1
            if len(buffer) >= 500:
                update(q, target_q, optimizer, buffer.sample(args.batchsize, rng), args)
            if n_steps % args.target_update_freq == 0:
                target_q.copyparams(q)
            if has_fallen:
                break
        returns.append(total)
        if episode % 20 == 0:
            print(f"attempt {episode:4d}  step {n_steps:6d}  mean return of the last 20: {np.mean(returns[-20:]):.1f}")

    args.out.mkdir(parents=True, exist_ok=True)
    chainer.serializers.save_npz(args.out / "q.npz", q)


if __name__ == "__main__":
    main()
