#!/usr/bin/env python3
"""Learns to balance a pole with a deep Q-network (Mnih et al., Nature 2015).

python dqn_cartpole.py
python dqn_cartpole.py --double        the online network picks the next action (van Hasselt et al., AAAI 2016)
"""

from __future__ import annotations

import argparse
from pathlib import Path

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from environments import CartPole
from follow import follow
from replay import Batch, ReplayBuffer


class QFunction(chainer.Chain):
    """Value of each action in a state, ``(B, n_actions)``.

    Args:
        state_size: Length of a state.
        n_actions: Number of actions.
        n_units: Width of the two hidden layers.
    """

    def __init__(self, state_size: int, n_actions: int, n_units: int) -> None:
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(state_size, n_units)
            self.l2 = L.Linear(n_units, n_units)
            self.l3 = L.Linear(n_units, n_actions, initialW=chainer.initializers.Normal(1e-2))

    def forward(self, state: chainer.types.VariableLike) -> chainer.Variable:
        return self.l3(F.relu(self.l2(F.relu(self.l1(state)))))


def greedy_action(q: QFunction, state: np.ndarray) -> int:
    with chainer.no_backprop_mode():
        return int(q(q.device.send(state[None])).array.argmax())


def update(
    q: QFunction, target_q: QFunction, optimizer: chainer.Optimizer, batch: Batch, gamma: float, double: bool
) -> float:
    """Moves the value of what was done towards its reward and the value of what can be done next."""
    batch = Batch(*(q.device.send(array) for array in batch))
    with chainer.no_backprop_mode():
        next_q = target_q(batch.next_state)
        chosen = q(batch.next_state).array.argmax(axis=1) if double else next_q.array.argmax(axis=1)
        target = batch.reward + gamma * (1 - batch.is_state_terminal) * F.select_item(next_q, chosen).array
    loss = F.mean(F.huber_loss(F.select_item(q(batch.state), batch.action), target, delta=1.0, reduce="no"))
    q.cleargrads()
    loss.backward()
    optimizer.update()
    return float(loss.array)


def evaluate(q: QFunction, env: CartPole, n_episodes: int) -> float:
    """Mean return of episodes in which the best action is always taken."""
    total = 0.0
    for _ in range(n_episodes):
        state, is_over = env.reset(), False
        while not is_over:
            state, reward, has_fallen, is_late = env.step(greedy_action(q, state))
            total += reward
            is_over = has_fallen or is_late
    return total / n_episodes


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--episodes", "-e", type=int, default=150, help="episodes to learn from, at most (default: %(default)s)")
    add("--unit", "-u", type=int, default=64, help="hidden units (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=64, help="transitions a step (default: %(default)s)")
    add("--gamma", type=float, default=0.98, help="what a reward is worth one step later (default: %(default)s)")
    add("--double", "--double-dqn", action="store_true", help="Double DQN")
    add("--goal", type=float, default=195, help="stop at this mean return of an evaluation (default: %(default)s)")
    add("--device", "-d", default="-1", help="'-1' for the CPU, '0' for the first GPU (default: %(default)s)")
    add("--out", "-o", type=Path, default=Path("result"), help="folder of the results (default: %(default)s)")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    add("--test", action="store_true", help="stop at 100 steps already")
    args = parser.parse_args()
    if args.test:
        args.goal = 100
    return args


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    rng = np.random.default_rng(args.seed)
    device = chainer.get_device(args.device)
    device.use()

    env, test_env = CartPole(rng), CartPole(np.random.default_rng(args.seed + 1))
    q = QFunction(env.state_size, env.n_actions, args.unit).to_device(device)
    target_q = q.copy(mode="copy")
    optimizer = chainer.optimizers.Adam(alpha=0.002).setup(q)
    replay = ReplayBuffer(10000, env.state_size, np.zeros((), np.int32), rng)

    print(f"before: {evaluate(q, test_env, 10):.1f} of {env.max_steps} steps")
    # Learning goes up and down; the best weights are kept.
    best, best_score = q.copy(mode="copy"), 0.0
    n_steps = 0
    for episode in range(1, args.episodes + 1):
        state, is_over, losses = env.reset(), False, []
        while not is_over:
            # The share of random actions falls from 1 to 0.05.
            epsilon = max(0.05, 1 - n_steps / 1500)
            action = int(rng.integers(env.n_actions)) if rng.random() < epsilon else greedy_action(q, state)
            next_state, reward, has_fallen, is_late = env.step(action)
            # A cut for lack of time is no end: what follows is still worth something.
            replay.append(state, action, reward, next_state, has_fallen)
            state, is_over = next_state, has_fallen or is_late
            n_steps += 1
            if len(replay) >= 500:
                losses.append(update(q, target_q, optimizer, replay.sample(args.batchsize), args.gamma, args.double))
                follow(target_q, q, share=0.01)
        if episode % 10 == 0 and losses:
            score = evaluate(q, test_env, 10)
            print(f"episode {episode}, step {n_steps}: loss {np.mean(losses):.4f}, {score:.1f} steps")
            if score > best_score:
                best, best_score = q.copy(mode="copy"), score
            if score >= args.goal:
                break
    args.out.mkdir(parents=True, exist_ok=True)
    chainer.serializers.save_npz(args.out / "q.npz", best)
    print(f"after: {evaluate(best, test_env, 20):.1f} of {env.max_steps} steps")


if __name__ == "__main__":
    main()
