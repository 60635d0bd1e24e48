r"""How fast a data-parallel training would be, on paper.

A message of :math:`m` bytes takes :math:`\alpha + m \beta` seconds, and adding :math:`m` bytes to others takes
:math:`m \gamma`. From that follow the times of the known algorithms for an allreduce, and from these, with the times of
forward and backward, the step on :math:`n` ranks.

References:
    Thakur, Rabenseifner and Gropp, *Optimization of Collective Communication Operations in MPICH*, IJHPCA 2005.
    Patarasuk and Yuan, *Bandwidth Optimal All-reduce Algorithms for Clusters of Workstations*, JPDC 2009.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from chainermn.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Network:
    """What connects ranks.

    Attributes:
        alpha: Seconds that a message takes, however short it is.
        beta: Seconds that each byte of it takes.
        gamma: Seconds that it takes to add a byte to another.
    """

    alpha: float
    beta: float
    gamma: float = 0.0


def ring(n: int, nbytes: float, network: Network) -> float:
    r"""Seconds of an allreduce that passes :math:`1/n` of the data round a ring: the least data, the most messages.

    :math:`2 (n - 1) \alpha + \frac{n - 1}{n} m (2 \beta + \gamma)`
    """
    return 2 * (n - 1) * network.alpha + (n - 1) / n * nbytes * (2 * network.beta + network.gamma)


def halving_doubling(n: int, nbytes: float, network: Network) -> float:
    r"""Seconds of Rabenseifner's allreduce: as little data as round a ring, in a logarithmic number of messages.

    :math:`2 \lceil \log_2 n \rceil \alpha + \frac{n - 1}{n} m (2 \beta + \gamma)`
    """
    return 2 * math.ceil(math.log2(n)) * network.alpha + (n - 1) / n * nbytes * (2 * network.beta + network.gamma)


def recursive_doubling(n: int, nbytes: float, network: Network) -> float:
    r"""Seconds of an allreduce in which ranks exchange all data with partners ever farther away: the fewest messages.

    :math:`\lceil \log_2 n \rceil (\alpha + m (\beta + \gamma))`
    """
    return math.ceil(math.log2(n)) * (network.alpha + nbytes * (network.beta + network.gamma))


def tree(n: int, nbytes: float, network: Network) -> float:
    r"""Seconds of a sum up a binomial tree and a broadcast down it.

    :math:`\lceil \log_2 n \rceil (2 \alpha + m (2 \beta + \gamma))`
    """
    return math.ceil(math.log2(n)) * (2 * network.alpha + nbytes * (2 * network.beta + network.gamma))


def allreduce(n: int, nbytes: float, network: Network) -> float:
    """Seconds of the best of these algorithms, as an MPI that is well tuned chooses it.

    Example:
        100 MB over 1 Gbit/s on 2 and on 1,024 ranks, in seconds:

        >>> from chainermn.benchmark.model import Network, allreduce
        >>> gigabit = Network(alpha=50e-6, beta=8e-9)
        >>> round(allreduce(2, 100e6, gigabit), 2), round(allreduce(1024, 100e6, gigabit), 2)
        (0.8, 1.6)
    """
    return min(algorithm(n, nbytes, network) for algorithm in (ring, halving_doubling, recursive_doubling))


def two_level(n_nodes: int, per_node: int, nbytes: float, intra: Network, inter: Network) -> float:
    """Seconds of an allreduce over nodes of several ranks, which share the network of their node.

    Each rank sums its part of the data within the node, then over the nodes, and they exchange the parts again: what
    the ``two_dimensional`` communicator does.

    Args:
        n_nodes: Number of nodes.
        per_node: Ranks a node.
        nbytes: Size of the data.
        intra: Within a node.
        inter: Between nodes; ``beta`` is that of a node, not of a rank.
    """
    shared = Network(inter.alpha, per_node * inter.beta, inter.gamma)
    return ring(per_node, nbytes, intra) + allreduce(n_nodes, nbytes / per_node, shared)


@dataclass(frozen=True, slots=True)
class Step:
    """A training step of one rank.

    Attributes:
        forward: Seconds before backward begins.
        backward: Seconds of backward alone.
        update: Seconds of the optimizer.
        buckets: Bytes of each bucket of gradients, in the order in which they are sent.
        ready: Share of backward, from 0 to 1, after which each of them is complete.
        jitter: Standard deviation of the step between ranks and from step to step, in seconds.
    """

    forward: float
    backward: float
    update: float
    buckets: Sequence[float]
    ready: Sequence[float]
    jitter: float = 0.0

    @property
    def alone(self) -> float:
        """Seconds on one rank."""
        return self.forward + self.backward + self.update


@dataclass(frozen=True, slots=True)
class Prediction:
    """A step on many ranks.

    Attributes:
        seconds: How long it takes.
        timeline: When its gradients travel, from the begin of forward on.
        waiting: Seconds of it in which ranks wait for the slowest of them.
        efficiency: Share of the ideal speed, which is that of one rank.
    """

    seconds: float
    timeline: Timeline
    waiting: float
    efficiency: float


def predict(step: Step, n: int, cost: Callable[[float], float], overlap: bool = True) -> Prediction:
    """A step on ``n`` ranks.

    Each bucket travels when it is complete and those before it have arrived. The step lasts until backward has ended
    and all have arrived, and as every rank waits for the slowest, the expected largest of ``n`` normal deviations is
    added.

    Args:
        step: The step on one rank.
        n: Number of ranks.
        cost: Seconds of an allreduce by its bytes.
        overlap: Whether buckets travel while backward runs; otherwise they do when it has ended.

    Example:
        Half of the gradients are complete in the middle of backward, and each half takes 0.3 s:

        >>> from chainermn.benchmark.model import Step, predict
        >>> step = Step(forward=0.2, backward=0.4, update=0.1, buckets=[1e6, 1e6], ready=[0.5, 1.0])
        >>> prediction = predict(step, 2, lambda nbytes: nbytes * 3e-7)
        >>> round(prediction.seconds, 3), round(prediction.timeline.overlap, 3)
        (1.1, 0.333)
        >>> round(predict(step, 2, lambda nbytes: nbytes * 3e-7, overlap=False).seconds, 3)
        1.3
    """
    end = step.forward + step.backward
    timeline = Timeline(backward_end=end)
    free = 0.0
    for nbytes, ready in zip(step.buckets, step.ready, strict=True):
        complete = step.forward + ready * step.backward if overlap else end
        begin = max(complete, free)
        free = begin + (cost(nbytes) if n > 1 else 0.0)
        timeline.ready.append(complete)
        timeline.travels.append((begin, free))
    waiting = expected_largest(n) * step.jitter
    seconds = max(end, free) + step.update + waiting
    return Prediction(seconds, timeline, waiting, step.alone / seconds)


def expected_largest(n: int) -> float:
    """The expected largest of ``n`` standard normal numbers, by Blom's approximation (1958), to about 2 %.

    Example:
        >>> from chainermn.benchmark.model import expected_largest
        >>> expected_largest(1), round(expected_largest(2), 2), round(expected_largest(1024), 2)
        (0.0, 0.59, 3.23)
    """
    return NormalDist().inv_cdf((n - 0.375) / (n + 0.25)) if n > 1 else 0.0


def fit(n: int, sizes: Sequence[float], seconds: Sequence[float]) -> Network:
    """The network in which an allreduce takes these times, with ``gamma`` as part of ``beta``.

    The shortest message tells ``alpha`` and the longest one ``beta``: at sizes between, libraries change algorithms.

    Args:
        n: Number of ranks, at least 2.
        sizes: Bytes, in ascending order.
        seconds: What an allreduce of each size took.

    Raises:
        ValueError: There is one rank, or there are fewer than two sizes.

    Example:
        >>> from chainermn.benchmark.model import Network, allreduce, fit
        >>> sizes = [8, 4096, 2**20, 2**26]
        >>> network = fit(4, sizes, [allreduce(4, size, Network(1e-5, 1e-9)) for size in sizes])
        >>> round(network.alpha * 1e6), round(network.beta * 1e9, 1)
        (10, 1.0)
    """
    if n < 2 or len(sizes) < 2:
        raise ValueError(f"a fit needs at least 2 ranks and 2 sizes, got {n} and {len(sizes)}")
    n_rounds = math.ceil(math.log2(n))
    alpha = seconds[0] / n_rounds
    beta = (seconds[-1] - 2 * n_rounds * alpha) / (2 * (n - 1) / n * sizes[-1])
    return Network(alpha, max(0.0, beta))
