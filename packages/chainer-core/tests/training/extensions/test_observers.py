"""The small extensions: those that observe, count, watch and let go."""

from types import SimpleNamespace

import chainer
import numpy as np
import pytest
from chainer import Link, Parameter, Variable
from chainer.serializers.npz import DictionarySerializer, NpzDeserializer
from chainer.training import extensions


def linear(W=((1.0, 2.0), (3.0, 6.0)), grad=None):
    link = Link()
    with link.init_scope():
        link.W = Parameter(np.array(W, "f"))
        link.lazy = Parameter(0)
    if grad is not None:
        link.W.grad = np.array(grad, "f")
    else:
        link.W.cleargrad()
    return link


def observe(make_trainer, extension, stop=4, **kwargs):
    """Observations of all iterations, as they are when everybody has had a look."""
    observations = []
    trainer = make_trainer((stop, "iteration"), **kwargs)
    trainer.extend(extension)
    trainer.extend(lambda trainer: observations.append(dict(trainer.observation)), name="last", priority=-1)
    trainer.run()
    return trainer, observations


def test_observe_value(make_trainer):
    _, seen = observe(make_trainer, extensions.observe_value("it", lambda trainer: trainer.updater.iteration), 8)
    assert [entry.get("it") for entry in seen] == [None] * 3 + [4] + [None] * 3 + [8]


def test_observe_lr(make_trainer):
    extension = extensions.observe_lr("other", "rate")
    assert (extension.trigger, extension.priority, extension.default_name) == ((1, "epoch"), 300, "_observe_value")
    trainer = make_trainer()
    trainer.updater.optimizers["other"] = SimpleNamespace(lr=0.25)
    extension(trainer)
    assert trainer.observation == {"rate": 0.25}


def test_micro_average_counts_each_example_once(make_trainer):
    micro = extensions.MicroAverage("n", "d", "avg", trigger=(2, "iteration"))
    counts = {1: (1, 2), 2: (2, 6), 3: (0, 2), 4: (2, 2)}
    _, seen = observe(
        make_trainer,
        micro,
        # Variables as well: they are what models report.
        observe=lambda i: {"n": Variable(np.array(counts[i][0], "f")), "d": counts[i][1]},
    )
    assert [entry.get("avg") for entry in seen] == [None, 3 / 8, None, 2 / 4]


def test_micro_average_of_nothing_is_unknown(make_trainer):
    micro = extensions.MicroAverage("n", "d", "avg", trigger=(1, "iteration"))
    _, seen = observe(make_trainer, micro, 1)
    assert np.isnan(seen[0]["avg"])


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_micro_average_resumes_in_the_middle(make_trainer, stop):
    def make():
        return extensions.MicroAverage("n", "d", "avg", trigger=(2, "iteration"))

    def counts(i):
        return {"n": i, "d": 0.5 * i * i}

    _, whole = observe(make_trainer, make(), 4, observe=counts)
    trainer, _ = observe(make_trainer, make(), stop, observe=counts)
    serializer = DictionarySerializer()
    trainer.get_extension("MicroAverage").serialize(serializer)
    assert {"_numerator", "_denominator"} <= serializer.target.keys()
    resumed = make()
    resumed.serialize(NpzDeserializer(serializer.target))
    rest = []
    trainer = make_trainer((4, "iteration"), observe=counts)
    trainer.updater.iteration = stop
    trainer.extend(resumed)
    trainer.extend(lambda trainer: rest.append(dict(trainer.observation)), name="last", priority=-1)
    trainer.run()
    assert rest == whole[stop:]


def test_fail_on_non_number(make_trainer):
    model = linear()
    model.W.array[0, 1] = np.inf
    trainer = make_trainer()
    trainer.updater.optimizers["main"] = SimpleNamespace(target=model)
    trainer.extend(extensions.FailOnNonNumber())
    with pytest.raises(RuntimeError, match="parameter /W of optimizer 'main' is not finite at iteration 1; try"):
        trainer.run(show_loop_exception_msg=False)
    model.W.array[0, 1] = 0
    extensions.FailOnNonNumber()(trainer)


def test_unchain_variables(make_trainer):
    def graph(i):
        return {"y": Variable(np.ones(2, "f")) * i}

    def has_graph(entry):
        return entry["y"].creator_node is not None

    with chainer.using_config("keep_graph_on_report", True):
        _, kept = observe(make_trainer, lambda trainer: None, 2, observe=graph)
        assert all(map(has_graph, kept))
        trainer, seen = observe(make_trainer, extensions.unchain_variables(), 2, observe=graph)
        assert not any(map(has_graph, seen))
    extension = extensions.unchain_variables()
    extension.initialize(trainer)
    assert not extension.trigger(trainer)


NAMES = ["mean", "std", "min", "max", "zeros", *(f"percentile/{i}" for i in range(7))]


def test_parameter_statistics(make_trainer):
    model = linear(grad=((0, 0), (0, 4)))
    _, seen = observe(make_trainer, extensions.ParameterStatistics(model, trigger=(1, "iteration")), 1)
    values = {key: value for key, value in seen[0].items() if key != "x"}
    assert list(values) == [
        f"None/W/{attr}/{name}" for attr in ("data", "grad") for name in NAMES
    ]  # as in chainer 7.8.1
    assert [values[f"None/W/data/{name}"] for name in ("mean", "min", "max", "zeros")] == [3, 1, 6, 0]
    assert [values[f"None/W/grad/{name}"] for name in ("mean", "max", "zeros", "percentile/3")] == [1, 4, 3, 0]
    assert values["None/W/data/std"] == pytest.approx(np.std([1, 2, 3, 6]))


def test_parameter_statistics_of_ones_own(make_trainer):
    model, other = chainer.Chain(layer=linear()), linear()
    statistics = extensions.ParameterStatistics(
        [model.layer, other], {"top": np.max}, report_grads=False, prefix="p", trigger=(2, "iteration")
    )
    statistics.register_statistics("three", lambda x: 3)
    _, seen = observe(make_trainer, statistics, 2)
    expected = {f"p/{link}/W/data/{name}": n for link in ("layer", None) for name, n in (("top", 6), ("three", 3))}
    assert seen == [{"x": 1}, {"x": 2, **expected}]


def test_parameter_statistics_without_gradient_or_with_nan(make_trainer):
    model = linear()
    model.W.array[0, 0] = np.nan
    for skip, zeros in ((False, 0), (True, np.nan)):
        statistics = extensions.ParameterStatistics(model, trigger=(1, "iteration"), skip_nan_params=skip)
        _, seen = observe(make_trainer, statistics, 1)
        assert not any("grad" in key for key in seen[0])
        assert np.isnan(seen[0]["None/W/data/mean"])
        np.testing.assert_equal(seen[0]["None/W/data/zeros"], zeros)
    assert "None/W/data/percentile" in seen[0]


def test_parameter_statistics_are_means_over_a_resume(make_trainer):
    model = linear()

    def make():
        return extensions.ParameterStatistics(model, {"mean": np.mean}, report_grads=False, trigger=(2, "iteration"))

    trainer, _ = observe(make_trainer, make(), 1)
    serializer = DictionarySerializer()
    trainer.get_extension("parameter_statistics").serialize(serializer)
    model.W.array += 1
    resumed, trainer.updater.iteration = make(), 2
    resumed.serialize(NpzDeserializer(serializer.target))
    resumed(trainer)
    assert trainer.observation["None/W/data/mean"] == 3.5
    with pytest.raises(ValueError, match="statistics must be a dict"):
        extensions.ParameterStatistics(model, "all")
    make().serialize(NpzDeserializer({"unrelated": 1}))


def test_moving_average(make_trainer):
    model = linear()
    average = extensions.ExponentialMovingAverage(model, decay=0.75)
    expected = model.W.array.copy()
    trainer = make_trainer((3, "iteration"), on_update=lambda i: model.W.array.__iadd__(i))
    trainer.extend(average)
    trainer.run()
    w = np.array(((1.0, 2.0), (3.0, 6.0)), "f")
    for value in (1, 2, 3):
        w = w + value
        expected = 0.75 * expected + 0.25 * w
    np.testing.assert_allclose(average.model.W.array, expected, rtol=1e-6)
    assert average.model.W.dtype == np.float32
    assert average.model.lazy.array is None
    assert average.priority > extensions.Evaluator.priority


def test_moving_average_learns_shapes_copies_persistents_and_resumes(make_trainer):
    model = linear()
    model.add_persistent("statistics", np.zeros(2))
    average = extensions.ExponentialMovingAverage(model, decay=0.5, n_start=1)
    model.lazy.initialize((2,))
    model.statistics = np.ones(2)
    model.W.array += 10
    average(None)
    np.testing.assert_array_equal(average.model.W.array, model.W.array)
    np.testing.assert_array_equal(average.model.lazy.array, [0, 0])
    np.testing.assert_array_equal(average.model.statistics, [1, 1])
    assert average.model.statistics is not model.statistics
    model.lazy.array += 1
    average(None)
    np.testing.assert_array_equal(average.model.lazy.array, [0.5, 0.5])

    serializer = DictionarySerializer()
    average.serialize(serializer)
    resumed = extensions.ExponentialMovingAverage(linear(), decay=0.5, n_start=1)
    resumed.model.add_persistent("statistics", np.zeros(2))
    resumed._target.add_persistent("statistics", np.ones(2))
    resumed.serialize(NpzDeserializer(serializer.target))
    np.testing.assert_array_equal(resumed.model.lazy.array, [0.5, 0.5])
    assert resumed._t == 2
    with pytest.raises(ValueError, match="decay must be between 0 and 1, got 2"):
        extensions.ExponentialMovingAverage(model, decay=2)
