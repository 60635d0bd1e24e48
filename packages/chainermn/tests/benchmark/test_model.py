"""The model on paper: against schedules by hand, limits and measured algorithms."""

import math

import numpy as np
import pytest
from chainermn.benchmark import model
from chainermn.benchmark.model import Network, Step, expected_largest, fit, predict, two_level
from hypothesis import given, settings
from hypothesis import strategies as st

ALGORITHMS = [model.ring, model.halving_doubling, model.recursive_doubling, model.tree]
network = st.builds(Network, *[st.floats(1e-9, 1e-3)] * 3)


def by_messages(n, nbytes, net):
    """A ring, one message after another: n - 1 rounds that add, and n - 1 that do not."""
    piece = nbytes / n
    adding = sum(net.alpha + piece * (net.beta + net.gamma) for _ in range(n - 1))
    return adding + sum(net.alpha + piece * net.beta for _ in range(n - 1))


@settings(deadline=None)
@given(st.integers(1, 100), st.floats(0, 1e9), network)
def test_a_ring_is_the_sum_of_its_messages(n, nbytes, net):
    assert model.ring(n, nbytes, net) == pytest.approx(by_messages(n, nbytes, net), rel=1e-9)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_one_rank_has_nothing_to_send(algorithm):
    assert algorithm(1, 1e6, Network(1e-5, 1e-9, 1e-10)) == 0


@settings(deadline=None)
@given(st.integers(2, 2000), st.floats(1, 1e9), network)
def test_no_algorithm_beats_the_lower_bounds(n, nbytes, net):
    # Every byte has to leave and to come, and news from one rank needs log2(n) messages to reach all.
    least = max(math.log2(n) * net.alpha, (n - 1) / n * nbytes * net.beta)
    for algorithm in ALGORITHMS:
        assert algorithm(n, nbytes, net) >= least * (1 - 1e-9)


@pytest.mark.parametrize(("nbytes", "best"), [(8, model.recursive_doubling), (1e8, model.halving_doubling)])
def test_the_best_depends_on_the_size(nbytes, best):
    net = Network(1e-5, 1e-9)
    assert model.allreduce(64, nbytes, net) == best(64, nbytes, net)


def test_ranks_of_a_node_share_its_network():
    inter, nothing = Network(0, 1e-9), Network(0, 0)
    # The data leaves and enters each node once, whoever carries it.
    assert two_level(2, 8, 1e6, nothing, inter) == pytest.approx(model.allreduce(2, 1e6, inter))
    assert two_level(1, 8, 1e6, inter, nothing) == model.ring(8, 1e6, inter)


STEP = Step(forward=1, backward=2, update=0.5, buckets=[100, 300], ready=[0.25, 1.0], jitter=0.1)


def test_a_step_without_communication_is_that_of_one_rank():
    assert predict(STEP, 1, lambda nbytes: math.inf).seconds == STEP.alone == 3.5
    assert predict(STEP, 1, lambda nbytes: math.inf).efficiency == 1


def test_buckets_travel_one_after_another():
    prediction = predict(STEP, 2, lambda nbytes: nbytes / 100)
    assert prediction.timeline.travels == [(1.5, 2.5), (3.0, 6.0)]
    assert prediction.seconds == pytest.approx(6.5 + prediction.waiting)
    assert prediction.timeline.overlap == pytest.approx(1 / 4)


@settings(deadline=None)
@given(st.floats(0, 1), st.integers(2, 64))
def test_overlap_never_costs(cost, n):
    with_overlap, without = (predict(STEP, n, lambda nbytes: cost * nbytes, overlap) for overlap in (True, False))
    assert STEP.alone <= with_overlap.seconds <= without.seconds + 1e-9
    assert without.timeline.hidden == 0


def test_the_expected_largest_is_that_of_drawn_numbers():
    drawn = np.random.default_rng(0).normal(size=(20000, 64)).max(axis=1).mean()
    assert expected_largest(64) == pytest.approx(drawn, rel=0.02)


@pytest.mark.parametrize("n", [2, 3, 4, 7, 64])
def test_a_fit_finds_the_network_again(n):
    sizes, net = [8, 1024, 2**20, 2**28], Network(2e-5, 3e-10)
    found = fit(n, sizes, [model.allreduce(n, size, net) for size in sizes])
    assert (found.alpha, found.beta) == (pytest.approx(net.alpha, rel=0.01), pytest.approx(net.beta, rel=0.01))


@pytest.mark.parametrize(("n", "sizes"), [(1, [1, 2]), (2, [1])])
def test_refuses_to_fit_too_little(n, sizes):
    with pytest.raises(ValueError, match="at least 2 ranks and 2 sizes"):
        fit(n, sizes, [1.0] * len(sizes))
