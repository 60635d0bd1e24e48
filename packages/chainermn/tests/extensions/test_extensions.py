"""Values and statistics of all ranks in one."""

import types

import chainer
import chainer.links as L
import chainermn
import numpy as np
import pytest
from chainer.iterators import SerialIterator
from chainermn.extensions import (
    AllreducePersistent,
    GenericMultiNodeEvaluator,
    MultiNodeEarlyStoppingTrigger,
    ObservationAggregator,
)


def trainer_at(iteration, **observation):
    updater = types.SimpleNamespace(
        iteration=iteration,
        epoch=iteration,
        epoch_detail=float(iteration),
        previous_epoch_detail=iteration - 1.0,
        is_new_epoch=True,
    )
    named = {name.replace("_", "/", 1): value for name, value in observation.items()}
    return types.SimpleNamespace(updater=updater, observation=named)


def test_observations_become_their_mean(comm):
    aggregator = ObservationAggregator(comm, "main/loss")
    trainer = trainer_at(1, main_loss=chainer.Variable(np.array(1.0 + comm.rank, "float32")))
    aggregator(trainer)
    assert trainer.observation["main/loss"] == (comm.size + 1) / 2


def test_observations_of_several_iterations(comm):
    aggregator = ObservationAggregator(
        comm, "main/loss", "all", comm_trigger=(2, "iteration"), aggregator=lambda by_rank: by_rank
    )
    seen = []
    for iteration in range(1, 5):
        trainer = trainer_at(iteration, main_loss=10 * iteration + comm.rank)
        aggregator(trainer)
        seen.append(trainer.observation.get("all"))
    ranks = range(comm.size)
    assert seen == [None, [[10 + r, 20 + r] for r in ranks], None, [[30 + r, 40 + r] for r in ranks]]


def test_nothing_observed_anywhere(comm):
    trainer = trainer_at(1)
    ObservationAggregator(comm, "main/loss")(trainer)
    assert trainer.observation == {}


def test_persistent_arrays_become_their_mean(comm):
    model = chainer.Sequential(L.Linear(2, 2), L.BatchNormalization(2))
    model[1].avg_mean[...] = comm.rank
    model[1].N = comm.rank
    AllreducePersistent(model, comm)()
    np.testing.assert_allclose(model[1].avg_mean, np.full(2, (comm.size - 1) / 2))
    np.testing.assert_allclose(model[1].avg_var, np.ones(2))
    assert model[1].N == comm.rank


def test_all_ranks_stop_together(comm):
    """Rank 0 gets better all the time, the mean does not."""
    trigger = MultiNodeEarlyStoppingTrigger(
        comm, monitor="main/loss", patience=2, check_trigger=(1, "iteration"), max_trigger=(7, "epoch")
    )
    losses = [-i if comm.rank == 0 else 3 * i for i in range(5)]
    stops = [trigger(trainer_at(i + 1, main_loss=float(loss))) for i, loss in enumerate(losses)]
    if comm.size == 1:
        assert stops == [False] * 5
    else:
        assert stops[:4] == [False, False, True, True]
    assert trigger.get_training_length() == (7, "epoch")


class Reports(chainer.Chain):
    """Reports the numbers it is called with; on rank 0 one more."""

    def __init__(self, rank):
        super().__init__()
        self.rank = rank

    def forward(self, x):
        chainer.report({"value": x.mean()}, self)
        if self.rank == 0:
            chainer.report({"own": 5.0}, self)


def test_evaluations_become_their_mean(comm):
    data = [np.float32(comm.rank)] * 4
    evaluator = chainer.training.extensions.Evaluator(
        SerialIterator(data, 2, repeat=False, shuffle=False), Reports(comm.rank)
    )
    assert chainermn.create_multi_node_evaluator(evaluator, comm) is evaluator
    assert evaluator() == {"main/value": (comm.size - 1) / 2, "main/own": 5.0}


class Collects(GenericMultiNodeEvaluator):
    def calc_local(self, x):
        return x.tolist()

    def aggregate(self, results):
        return {"all": results}


@pytest.mark.parametrize("root", [0, -1])
def test_generic_evaluation(comm, root):
    root %= comm.size
    data = [10 * comm.rank + i for i in range(3)]
    evaluator = Collects(comm, SerialIterator(data, 2, repeat=False, shuffle=False), None, root=root)
    observation = {}
    evaluator.name = "validation"
    with chainer.Reporter().scope(observation):
        result = evaluator(None)
    if comm.rank != root:
        assert result is None
        assert observation == {}
        return
    ranks = range(comm.size)
    assert result == {"all": [[10 * r, 10 * r + 1] for r in ranks] + [[10 * r + 2] for r in ranks]}
    assert observation == {"validation/all": result["all"]}


def test_generic_evaluation_has_to_be_defined(comm):
    evaluator = GenericMultiNodeEvaluator(comm, SerialIterator([1], 1, repeat=False), None)
    with pytest.raises(NotImplementedError, match="GenericMultiNodeEvaluator must define calc_local"):
        evaluator(None)
