"""Ranks that share the states of an optimizer compute what each of them would alone."""

import chainer
import chainer.functions as F
import chainer.links as L
import chainermn
import numpy as np
import pytest
from chainer import optimizer_hooks, optimizers

SHAPES = {"matrix": (5, 7), "vector": (11,), "number": (), "one": (1,), "nothing": (0, 3), "even": (12,)}


class Model(chainer.Chain):
    """Parameters of many shapes, of which each gets a gradient that differs between ranks and steps."""

    def __init__(self, dtype="float32", shapes=SHAPES):
        super().__init__()
        rng = np.random.default_rng(7)
        with self.init_scope():
            for name, shape in shapes.items():
                setattr(self, name, chainer.Parameter(np.asarray(rng.uniform(-1, 1, shape), dtype)))

    def forward(self, factor):
        terms = [F.sum(F.sin(p * p.dtype.type(factor))) for _, p in sorted(self.namedparams()) if p.size]
        return sum(F.cast(term, "float64") for term in terms)


def create(comm, rule, model=None, **options):
    options = {"sharded": True, "bucket_bytes": 64, **options}
    return chainermn.create_multi_node_optimizer(rule, comm, **options).setup(Model() if model is None else model)


def run(comm, optimizer, n_steps, start=0):
    for step in range(start, start + n_steps):
        optimizer.update(optimizer.target, 0.5 + 0.1 * step + comm.rank)
    return {path: param.array.copy() for path, param in optimizer.target.namedparams()}


def assert_same(ours, theirs, **tolerance):
    for path, array in theirs.items():
        assert ours[path].dtype == array.dtype
        np.testing.assert_allclose(ours[path], array, **tolerance)


RULES = {
    name: rule
    for name, rule in vars(optimizers).items()
    if isinstance(rule, type) and issubclass(rule, chainer.GradientMethod) and rule is not chainer.GradientMethod
}
assert len(RULES) >= 10


@pytest.mark.parametrize("name", RULES)
def test_every_rule(comm, name):
    whole = run(comm, create(comm, RULES[name](), sharded=False), 4)
    parts = run(comm, create(comm, RULES[name]()), 4)
    assert_same(parts, whole, rtol=1e-5, atol=1e-6)
    for path in sorted(parts):
        for other in comm.allgather(parts[path]):
            np.testing.assert_array_equal(other, parts[path])


@pytest.mark.parametrize("dtype", ["float16", "float64"])
@pytest.mark.parametrize("fp32_update", [False, True])
def test_other_dtypes(comm, dtype, fp32_update):
    results = []
    for sharded in (False, True):
        rule = optimizers.MomentumSGD()
        if fp32_update:
            rule.use_fp32_update()
        results.append(run(comm, create(comm, rule, Model(dtype), sharded=sharded), 4))
    assert_same(results[1], results[0], rtol=2e-3 if dtype == "float16" else 1e-12)


def test_dtypes_may_be_mixed(comm):
    results = []
    for sharded in (False, True):
        model = Model(shapes={"a": (3,), "b": (4,), "c": (5,)})
        model.b.array = model.b.array.astype("float64")
        results.append(run(comm, create(comm, optimizers.SGD(), model, sharded=sharded), 3))
    assert_same(results[1], results[0], rtol=1e-6)


def test_each_rank_keeps_its_part_of_the_states(comm):
    sizes = {"a": (64, 32), "b": (1000,), "c": (33, 3)}
    optimizer = create(comm, optimizers.Adam(), Model(shapes=sizes))
    run(comm, optimizer, 2)
    rules = [param.update_rule for param in optimizer.target.params()]
    nbytes = sum(value.nbytes for rule in rules for value in rule.state.values())
    n_elements = sum(int(np.prod(shape)) for shape in sizes.values())
    whole = 2 * 4 * n_elements  # two moments in float32
    assert comm.allreduce_obj(nbytes) == whole
    assert nbytes <= whole / comm.size + 2 * 4 * len(sizes)  # parts are rounded up to whole elements


@pytest.mark.parametrize("threshold", [0.5, 100.0])
def test_clipping_by_the_norm_looks_at_all_parts(comm, threshold):
    results = []
    for sharded in (False, True):
        optimizer = create(comm, optimizers.SGD(0.1), sharded=sharded)
        optimizer.add_hook(optimizer_hooks.WeightDecay(0.1))
        optimizer.add_hook(optimizer_hooks.GradientClipping(threshold))
        optimizer.target.vector.update_rule.add_hook(optimizer_hooks.Lasso(0.2))
        optimizer.target.even.update_rule.hyperparam.lr = 0.3
        optimizer.target.matrix.update_rule.enabled = False
        results.append(run(comm, optimizer, 4))
    assert_same(results[1], results[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(results[1]["/matrix"], Model().matrix.array)


def test_refuses_hooks_that_look_at_whole_parameters(comm):
    optimizer = create(comm, optimizers.SGD())
    run(comm, optimizer, 2)
    optimizer.add_hook(optimizer_hooks.GradientLARS())
    with pytest.raises(ValueError, match="parts of parameters, but GradientLARS may look at whole ones; .*works_on_p"):
        optimizer.update(optimizer.target, 1.0)


def test_refuses_rules_that_look_at_whole_parameters(comm):
    class Whole(chainer.UpdateRule):
        def update_core(self, param):
            param.array[...] -= param.grad / (1 + np.abs(param.grad).max())

    class WholeSGD(optimizers.SGD):
        def create_update_rule(self):
            return Whole(self.hyperparam)

    optimizer = create(comm, WholeSGD())
    with pytest.raises(ValueError, match="but Whole may look at whole ones; pass sharded=False"):
        run(comm, optimizer, 2)


def test_overflow_on_one_rank_leaves_the_step_out_on_all(comm):
    optimizer = create(comm, optimizers.SGD(1.0), Model(shapes={"w": (8,)}))
    optimizer.loss_scaling()
    before = run(comm, optimizer, 1)["/w"]
    w = optimizer.target.w
    # The element that is not finite belongs to the part of the last rank.
    w.grad = np.array([1] * 7 + [np.inf], "float32")
    optimizer.update()
    assert not optimizer.is_safe_to_update()
    np.testing.assert_array_equal(w.array, before)
    w.grad = np.ones(8, "float32")
    optimizer.update()
    np.testing.assert_array_equal(w.array, before - 1)


def test_a_parameter_that_is_not_contiguous_or_replaced_is_followed(comm):
    results = []
    for sharded in (False, True):
        model = Model(shapes={"a": (3, 4), "b": (6,)})
        model.a.array = np.asfortranarray(model.a.array)
        optimizer = create(comm, optimizers.MomentumSGD(), model, sharded=sharded)
        run(comm, optimizer, 3)
        model.a.array[...] = 0.5
        model.b.array = np.full(6, 0.25, "float32")
        results.append(run(comm, optimizer, 2, start=3))
    assert_same(results[1], results[0], rtol=1e-6)


def test_gradients_are_gone_after_an_update(comm):
    optimizer = create(comm, optimizers.SGD())
    run(comm, optimizer, 2)
    assert all(param.grad is None for param in optimizer.target.params())


def test_gradients_that_are_there_are_used(comm):
    optimizer = create(comm, optimizers.SGD(1.0), L.Linear(3, 2, initialW=0))
    optimizer.update()  # distributes
    for _ in range(2):
        optimizer.target.W.grad = np.full((2, 3), comm.rank + 1, "float32")
        optimizer.target.b.grad = None
        optimizer.update()
    np.testing.assert_array_equal(optimizer.target.W.array, np.full((2, 3), -(comm.size + 1)))
    np.testing.assert_array_equal(optimizer.target.b.array, np.zeros(2))


def test_a_training_that_has_begun_whole_goes_on_in_parts(comm):
    actual = optimizers.Adam()
    model = Model()
    run(comm, create(comm, actual, model, sharded=False), 3)
    whole = run(comm, create(comm, optimizers.Adam(), sharded=False), 6)
    optimizer = chainermn.create_multi_node_optimizer(actual, comm, sharded=True)
    optimizer.assume_distributed()
    assert_same(run(comm, optimizer, 3, start=3), whole, rtol=1e-5, atol=1e-6)


def save_and_load(path, optimizer, other):
    chainer.serializers.save_npz(path, optimizer)
    chainer.serializers.save_npz(f"{path}.model", optimizer.target)
    chainer.serializers.load_npz(f"{path}.model", other.target)
    chainer.serializers.load_npz(path, other)
    other.assume_distributed()


@pytest.mark.parametrize("has_begun", [False, True])
def test_resumes_exactly(comm, shared_path, has_begun):
    optimizer = create(comm, optimizers.Adam())
    run(comm, optimizer, 3)
    # Other buckets, in which parameters may come in another order.
    other = create(comm, optimizers.Adam(), bucket_bytes=2**20)
    if has_begun:
        run(comm, other, 2)
    save_and_load(shared_path / f"part{comm.rank}", optimizer, other)
    assert other.t == 2
    assert_same(run(comm, other, 3, start=3), run(comm, optimizer, 3, start=3), rtol=0)


@pytest.mark.parametrize("has_begun", [False, True])
def test_takes_its_part_of_states_that_were_saved_whole(comm, shared_path, has_begun):
    optimizer = create(comm, optimizers.Adam(), sharded=False)
    run(comm, optimizer, 3)
    other = create(comm, optimizers.Adam())
    if has_begun:
        run(comm, other, 2)
    save_and_load(shared_path / f"whole{comm.rank}", optimizer, other)
    ours, theirs = run(comm, other, 3, start=3), run(comm, optimizer, 3, start=3)
    assert_same(ours, theirs, rtol=1e-5, atol=1e-6)


def test_refuses_the_part_of_another_rank(comm, shared_path):
    optimizer = create(comm, optimizers.Adam())
    run(comm, optimizer, 2)
    path = shared_path / f"optimizer{comm.rank}.npz"
    chainer.serializers.save_npz(path, optimizer)
    with np.load(path) as file:
        entries = dict(file)
    np.savez(path, **{**entries, "part": np.array([comm.rank, comm.size + 1])})
    with pytest.raises(ValueError, match=rf"part {comm.rank} of {comm.size + 1} .*this is rank {comm.rank} of"):
        chainer.serializers.load_npz(path, optimizer)


def test_one_process_does_not_take_a_part_for_the_whole(comm, shared_path):
    optimizer = create(comm, optimizers.Adam())
    run(comm, optimizer, 2)
    path = shared_path / f"optimizer{comm.rank}.npz"
    chainer.serializers.save_npz(path, optimizer)
    with pytest.raises(KeyError, match="no key '.*did you mean 'states/"):
        chainer.serializers.load_npz(path, optimizers.Adam().setup(Model()))


def test_parts_cover_a_parameter_once():
    from chainermn._parts import part_of

    for size in range(9):
        for n_ranks in range(1, 6):
            parts = [list(range(size))[part_of(size, rank, n_ranks)] for rank in range(n_ranks)]
            assert sum(parts, []) == list(range(size))


def test_a_state_of_another_shape_is_refused(comm):
    from chainermn._parts import cut_state

    param = chainer.Parameter(np.zeros((4, 6), "float32"))
    rule = optimizers.Adam().create_update_rule()
    rule.prepare_state(param)
    rule.state["m"] = np.zeros((4, 5), "float32")
    with pytest.raises(ValueError, match=r"state 'm' of AdamRule must have the shape \(4, 6\) of its parameter"):
        cut_state(rule, param, 0, 2)
