"""A job that was ended goes on as if it had not been."""

import chainer
import chainer.functions as F
import chainer.links as L
import chainermn
import numpy as np
import pytest
from chainer import training
from chainer.iterators import SerialIterator
from chainer.training import extensions
from chainermn._parts import part_of
from chainermn.extensions import create_multi_node_checkpointer, multi_node_snapshot

N_ITERATIONS = 12


class Model(chainer.Chain):
    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(3, 8)
            self.l2 = L.Linear(8, 2)

    def forward(self, x):
        return self.l2(F.dropout(F.relu(self.l1(x))))


class Stop(Exception):
    pass


def make_trainer(comm, out, stop_at=None, n_data=20, **options):
    np.random.seed(comm.rank)
    rng = np.random.default_rng(comm.rank)
    data = [(x, np.int32(x[0] > 0)) for x in rng.normal(size=(n_data, 3)).astype("float32")]
    model = L.Classifier(Model())
    optimizer = chainermn.create_multi_node_optimizer(chainer.optimizers.Adam(), comm, **options).setup(model)
    updater = training.StandardUpdater(SerialIterator(data, 3), optimizer)
    trainer = training.Trainer(updater, (N_ITERATIONS, "iteration"), out=out)

    def stop(trainer):
        if trainer.updater.iteration == stop_at:
            raise Stop

    trainer.extend(stop, name="stop", priority=-300)
    return trainer, model


def run_until(comm, out, stop_at, optimizer_options={}, **options):  # noqa: B006
    trainer, _ = make_trainer(comm, out, stop_at, **optimizer_options)
    checkpointer = create_multi_node_checkpointer("job", comm, **options)
    checkpointer.maybe_load(trainer)
    trainer.extend(checkpointer, trigger=(2, "iteration"))
    with pytest.raises(Stop):
        trainer.run(show_loop_exception_msg=False)
    return trainer


def run_to_the_end(comm, out, **options):
    trainer, model = make_trainer(comm, out, **options)
    checkpointer = create_multi_node_checkpointer("job", comm)
    checkpointer.maybe_load(trainer)
    start = trainer.updater.iteration
    trainer.extend(checkpointer, trigger=(2, "iteration"))
    trainer.run()
    return start, {path: param.array for path, param in model.namedparams()}


@pytest.mark.parametrize("options", [{}, {"sharded": True}, {"accumulate_steps": 3}], ids=str)
def test_resumes_exactly_on_as_many_ranks(comm, shared_path, options):
    _, expected = run_to_the_end(comm, shared_path / "whole", **options)
    run_until(comm, shared_path / "cut", 4, options)
    run_until(comm, shared_path / "cut", 9, options)
    comm.allgather_obj(None)
    start, params = run_to_the_end(comm, shared_path / "cut", **options)
    assert start == 8
    for path, array in expected.items():
        np.testing.assert_array_equal(params[path], array, err_msg=path)


def test_what_is_loaded_is_what_was_saved(comm, shared_path):
    trainer, model = make_trainer(comm, shared_path, stop_at=4)
    trainer.extend(create_multi_node_checkpointer("job", comm), trigger=(4, "iteration"))
    with pytest.raises(Stop):
        trainer.run(show_loop_exception_msg=False)
    state_of_generator = np.random.get_state()[1]
    other, other_model = make_trainer(comm, shared_path)
    create_multi_node_checkpointer("job", comm).maybe_load(other)
    for (path, param), (_, other_param) in zip(model.namedparams(), other_model.namedparams(), strict=True):
        np.testing.assert_array_equal(param.array, other_param.array, err_msg=path)
    mine, theirs = (t.updater.get_iterator("main") for t in (trainer, other))
    assert mine.epoch_detail == theirs.epoch_detail
    assert [i for _, i in mine.next()] == [i for _, i in theirs.next()]
    np.testing.assert_array_equal(np.random.get_state()[1], state_of_generator)


@pytest.mark.parametrize("harm", ["missing", "torn", "empty"])
def test_a_bad_file_on_one_rank_makes_all_fall_back(comm, shared_path, harm):
    run_until(comm, shared_path, 6)
    comm.allgather_obj(None)
    if comm.rank == comm.size - 1:
        newest = shared_path / f"job.{comm.rank}.6"
        if harm == "missing":
            newest.unlink()
        else:
            content = newest.read_bytes()
            newest.write_bytes(content[: len(content) // 2] if harm == "torn" else b"")
    comm.allgather_obj(None)
    trainer, _ = make_trainer(comm, shared_path)
    create_multi_node_checkpointer("job", comm).maybe_load(trainer)
    assert trainer.updater.iteration == 4


def test_nothing_to_resume_from(comm, shared_path):
    trainer, _ = make_trainer(comm, shared_path)
    create_multi_node_checkpointer("job", comm).maybe_load(trainer)
    assert trainer.updater.iteration == 0


def test_a_checkpoint_of_other_ranks_resumes_with_new_data(comm, shared_path):
    """Files of one rank more than there are: model, optimizer, iteration and epoch are taken over."""
    trainer, model = make_trainer(comm, shared_path, stop_at=9)
    with pytest.raises(Stop):
        trainer.run(show_loop_exception_msg=False)
    saving = create_multi_node_checkpointer("job", comm, path=str(shared_path))
    if comm.rank == 0:
        from chainermn.extensions.checkpoint import _Checkpoint

        for rank in range(comm.size + 1):
            path = shared_path / f"job.{rank}.9"
            chainer.serializers.save_npz(path, _Checkpoint(trainer, comm.size + 1))
    comm.allgather_obj(None)
    other, other_model = make_trainer(comm, shared_path, n_data=26)
    saving.maybe_load(other)
    assert other.updater.iteration == 9
    assert other.updater.epoch == trainer.updater.epoch == 1
    assert other.updater.get_iterator("main").current_position == 0
    np.testing.assert_array_equal(
        other_model.predictor.l1.W.array, comm.bcast_obj(model.predictor.l1.W.array if comm.rank == 0 else None)
    )


@pytest.mark.parametrize("sharded", [True, False])
def test_sharded_states_resume_on_another_number_of_ranks(comm, shared_path, sharded):
    if comm.size == 1:
        pytest.skip("needs another number")
    trainer = run_until(comm, shared_path, 4, {"sharded": True})
    optimizer = trainer.updater.get_optimizer("main")
    whole = {}
    for path, param in sorted(optimizer.target.namedparams()):
        whole[path] = np.concatenate(comm.allgather(param.update_rule.state["m"]))
    # All ranks but the last, and the last alone.
    others = comm.split(int(comm.rank == comm.size - 1), comm.rank)
    resumed, _ = make_trainer(others, shared_path, n_data=26, sharded=sharded)
    if not sharded:
        with pytest.raises(KeyError, match="did you mean 'updater/optimizer:main/states"):
            create_multi_node_checkpointer("job", others).maybe_load(resumed)
        return
    create_multi_node_checkpointer("job", others).maybe_load(resumed)
    assert resumed.updater.iteration == 4
    optimizer = resumed.updater.get_optimizer("main")
    assert optimizer.t == 3
    for path, param in optimizer.target.namedparams():
        mine = part_of(param.size, others.rank, others.size)
        np.testing.assert_array_equal(param.update_rule.state["m"], whole[path][mine])
    before = param.array.copy()
    resumed.updater.update()
    assert optimizer.t == 4
    assert (param.array != before).any()
    for other in others.allgather(param.array):
        np.testing.assert_array_equal(other, param.array)


def test_a_snapshot_of_one_rank_refuses_states_that_are_sharded(comm, shared_path):
    trainer, _ = make_trainer(comm, shared_path, sharded=True)
    trainer.extend(multi_node_snapshot(comm, extensions.snapshot(), [range(comm.size)]))
    if comm.size == 1:
        trainer.run()
        return
    with pytest.raises(ValueError, match="has only its part of the states of a sharded optimizer; use create_multi"):
        trainer.run(show_loop_exception_msg=False)


def test_older_files_are_deleted(comm, shared_path):
    run_until(comm, shared_path, 12, cp_interval=2, gc_interval=3)
    left = sorted(int(path.suffix[1:]) for path in shared_path.glob(f"job.{comm.rank}.*"))
    assert left == [10, 12]


def test_files_of_a_finished_training_are_deleted(comm, shared_path):
    run_to_the_end(comm, shared_path)
    assert not list(shared_path.glob(f"job.{comm.rank}.*"))


def test_tells_how_long_it_takes(comm, shared_path):
    checkpointer = create_multi_node_checkpointer("job", comm, path=str(shared_path))
    checkpointer.save(L.Linear(1, 1), 1)
    assert checkpointer.get_stats()["len"] == 1
    assert checkpointer.get_stats()["mean_seconds"] > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "a.b"}, "name must consist of letters"),
        ({"name": "a", "cp_interval": 0}, "cp_interval must be at least 1, got 0"),
        ({"name": "a", "gc_interval": 0}, "gc_interval must be at least 1, got 0"),
    ],
)
def test_refuses_nonsense(comm, arguments, message):
    with pytest.raises(ValueError, match=message):
        create_multi_node_checkpointer(comm=comm, **arguments)


@pytest.mark.parametrize("sets", [[], [[0]], "each"])
def test_one_snapshot_a_set_of_ranks(comm, shared_path, sets):
    sets = [[rank] for rank in range(comm.size)] if sets == "each" else sets
    trainer, _ = make_trainer(comm, shared_path)
    snapshot = multi_node_snapshot(comm, extensions.snapshot(filename="snapshot"), sets)
    trainer.extend(snapshot, trigger=(6, "iteration"))
    trainer.run()
    comm.allgather_obj(None)
    named = [ranks for ranks in sets if ranks]
    masters = sorted({min(ranks) for ranks in named} | set(range(comm.size)) - {r for ranks in named for r in ranks})
    if sets == []:
        masters = [0]
    elif sets == [[0]]:
        masters = [0, 1][: comm.size]
    assert sorted(path.name for path in shared_path.glob("snapshot*")) == [f"snapshot.{rank}" for rank in masters]
    assert snapshot.is_master == (comm.rank in masters)


def test_refuses_sets_that_overlap(comm):
    with pytest.raises(ValueError, match="replica_sets must be disjoint sets of ranks"):
        multi_node_snapshot(comm, extensions.snapshot(), [[0], [0]])


def test_files_have_its_name_whatever_the_trainer_calls_it(comm, shared_path):
    trainer, _ = make_trainer(comm, shared_path)
    checkpointer = create_multi_node_checkpointer("job", comm)
    trainer.extend(checkpointer, name="another")
    checkpointer(trainer)
    assert (shared_path / f"job.{comm.rank}.0").exists()
