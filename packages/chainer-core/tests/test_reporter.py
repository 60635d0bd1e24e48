import threading

import chainer
import numpy as np
import pytest
from chainer import Variable
from chainer.reporter import DictSummary, Reporter, Summary, get_current_reporter, report, report_scope
from chainer.serializers.npz import DictionarySerializer, NpzDeserializer


def test_observers_put_their_names_before_values():
    reporter, model, child = Reporter(), object(), object()
    reporter.add_observer("main", model)
    reporter.add_observers("main", [("/predictor", child)])
    observation = {}
    with reporter.scope(observation):
        report({"loss": 1}, model)
        report({"accuracy": 2}, child)
        report({"plain": 3})
    assert observation == {"main/loss": 1, "main/predictor/accuracy": 2, "plain": 3}


def test_report_without_a_reporter_does_nothing():
    report({"x": 1})
    with pytest.raises(IndexError):
        get_current_reporter()
    with pytest.raises(IndexError), report_scope({}):
        pass


def test_unknown_observer_is_refused():
    with pytest.raises(KeyError, match="object is not registered"):
        Reporter().report({"x": 1}, object())


def test_scopes_nest_and_restore():
    reporter = Reporter()
    outer, inner = {}, {}
    with reporter:
        report({"a": 0})
        with reporter.scope(outer):
            report({"a": 1})
            with report_scope(inner):
                report({"a": 2})
            report({"b": 3})
        assert get_current_reporter() is reporter
    assert (reporter.observation, outer, inner) == ({"a": 0}, {"a": 1, "b": 3}, {"a": 2})


def test_scope_is_left_when_the_block_raises():
    reporter = Reporter()
    with pytest.raises(ZeroDivisionError), reporter.scope({}):
        raise ZeroDivisionError
    report({"lost": 1})
    assert reporter.observation == {}


def test_another_thread_has_its_own_reporter():
    seen = []
    with Reporter() as _:
        thread = threading.Thread(target=lambda: seen.append(chainer.reporter._current.reporters))
        thread.start()
        thread.join()
    assert seen == [[]]


@pytest.mark.parametrize("keeps", [False, True])
def test_graph_is_let_go_unless_kept(keeps):
    y = Variable(np.ones(2, "f")) * 2
    reporter = Reporter()
    with chainer.using_config("keep_graph_on_report", keeps):
        reporter.report({"y": y})
    reported = reporter.observation["y"]
    assert isinstance(reported, Variable)
    assert (reported is y) == keeps
    assert (reported.creator_node is not None) == keeps
    np.testing.assert_array_equal(reported.array, y.array)


@pytest.mark.parametrize(
    "convert", [float, np.float32, np.float64, lambda v: np.array(v, "f"), lambda v: Variable(np.array(v, "f"))]
)
def test_scalars_are_summed_in_float64(convert):
    summary = Summary()
    for value in (0.1, 0.3):
        summary.add(convert(value))
    mean, std = summary.make_statistics()
    assert type(mean) is type(std) is float
    values = [float(getattr(convert(v), "array", convert(v))) for v in (0.1, 0.3)]
    assert mean == pytest.approx(np.mean(values), rel=1e-15)
    assert std == pytest.approx(np.std(values), rel=1e-12)


def test_arrays_keep_their_dtype():
    summary = Summary()
    for value in ([1, 2], [3, 5]):
        summary.add(np.array(value, "f"))
    mean, std = summary.make_statistics()
    assert mean.dtype == std.dtype == np.float32
    np.testing.assert_array_equal(mean, [2, 3.5])
    np.testing.assert_array_equal(std, [1, 1.5])


def test_weights():
    summary = Summary()
    summary.add(1, 2)
    summary.add(5, weight=0.5)
    # values of chainer 7.8.1
    assert summary.compute_mean() == 1.8
    assert summary.make_statistics() == (1.8, pytest.approx(1.6))


def test_standard_deviation_of_equal_values_is_no_nan():
    summary = Summary()
    for _ in range(3):
        summary.add(0.1)
    assert summary.make_statistics()[1] == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize("value", [1.5, np.array([1, 2], "f")])
def test_summary_survives_a_snapshot(value):
    first, second = Summary(), Summary()
    first.add(value)
    serializer = DictionarySerializer()
    first.serialize(serializer)
    second.serialize(NpzDeserializer(serializer.target))
    for summary in (first, second):
        summary.add(2 * value, 3)
    np.testing.assert_array_equal(first.make_statistics(), second.make_statistics())
    assert type(second.compute_mean()) is type(first.compute_mean())


SCALARS = {
    "int": 1,
    "bool": True,
    "numpy": np.float32(1),
    "zero-d": np.array(1.0),
    "variable": Variable(np.ones((), "f")),
}
OTHERS = {"none": None, "text": "1", "list": [1], "array": np.ones(3), "triple": (1, 2, 3)}


@pytest.mark.parametrize("value", SCALARS.values(), ids=SCALARS)
def test_dict_summary_takes_scalars(value):
    summary = DictSummary()
    summary.add({"x": value})
    summary.add({"x": (value, 2)})
    assert summary.compute_mean() == {"x": 1.0}
    assert summary.make_statistics() == {"x": 1.0, "x.std": 0.0}


@pytest.mark.parametrize("value", OTHERS.values(), ids=OTHERS)
def test_dict_summary_passes_over_the_rest(value):
    summary = DictSummary()
    summary.add({"x": value})
    assert summary.compute_mean() == {}


def test_dict_summary_refuses_a_weight_that_is_no_scalar():
    with pytest.raises(ValueError, match="weight of 'x' must be a scalar, got list"):
        DictSummary().add({"x": (1, [2])})


def test_dict_summary_is_saved_under_published_keys():
    summary = DictSummary()
    summary.add({"a": 1, "main/loss": 2})
    summary.add({"main/loss": 4})
    serializer = DictionarySerializer()
    summary.serialize(serializer)
    assert {key: value.item() for key, value in serializer.target.items()} == {
        "_names": '["a", "main/loss"]',
        "_summaries/0/_x": 1.0,
        "_summaries/0/_x2": 1.0,
        "_summaries/0/_n": 1,
        "_summaries/1/_x": 6.0,
        "_summaries/1/_x2": 20.0,
        "_summaries/1/_n": 2,
    }
    restored = DictSummary()
    restored.add({"forgotten": 1})
    restored.serialize(NpzDeserializer(serializer.target))
    assert restored.compute_mean() == {"a": 1.0, "main/loss": 3.0}


def test_failed_load_leaves_sums_usable():
    summary = Summary()
    summary.add(1)
    summary.serialize(NpzDeserializer({}, strict=False))
    assert summary.compute_mean() == 1.0
