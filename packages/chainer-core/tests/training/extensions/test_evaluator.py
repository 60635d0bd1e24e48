import io

import chainer
import numpy as np
import pytest
from chainer.iterators import SerialIterator
from chainer.training import extensions
from chainer.training.extensions import _console


class Model(chainer.Chain):
    """Reports the mean of its input, and what mode it runs in."""

    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.W = chainer.Parameter(2.0, ())
            self.child = chainer.Link()

    def forward(self, x):
        chainer.report({"mean": (x.mean(), len(x)), "train": chainer.config.train}, self)
        chainer.report({"graph": (x * self.W).creator_node is not None}, self.child)


@pytest.fixture
def iterator():
    return SerialIterator(np.arange(5, dtype="f"), 2, repeat=False, shuffle=False)


EXPECTED = {"main/mean": 2.0, "main/train": 0.0, "main/child/graph": 0.0}


def test_alone_it_returns_means_without_prefix(iterator):
    evaluator = extensions.Evaluator(iterator, Model())
    for _ in range(2):  # the iterator is reset
        assert evaluator() == EXPECTED
    evaluator.name = "test"
    assert evaluator() == {"test/" + key: value for key, value in EXPECTED.items()}
    assert chainer.config.train


def test_with_a_trainer_it_observes(make_trainer, iterator):
    trainer = make_trainer()
    trainer.extend(extensions.Evaluator(iterator, Model()))
    trainer.extend(extensions.Evaluator(iterator, Model()), name="other")
    trainer.extend(extensions.LogReport(trigger=(4, "iteration")))
    trainer.run()
    first = trainer.get_extension("LogReport").log[0]
    assert {key: first[key] for key in first if "/" in key} == {
        f"{name}/{key}": value for name in ("validation", "other") for key, value in EXPECTED.items()
    }


def test_an_iterator_without_reset_is_copied():
    batches = [np.ones(2, "f"), np.zeros(2, "f")]

    class Once:
        def __init__(self):
            self.left = list(batches)

        def __iter__(self):
            return self

        def __next__(self):
            if not self.left:
                raise StopIteration
            self.left = self.left[1:]
            return list(batches[len(self.left)])

        def finalize(self):
            self.left = None

    iterator = Once()
    evaluator = extensions.Evaluator(iterator, Model())
    for _ in range(2):
        assert evaluator()["main/mean"] == 0.5
    evaluator.finalize()
    assert iterator.left is None


def test_hook_function_converter_and_several_targets(iterator):
    hooked, devices = [], []
    model, other = Model(), Model()

    def converter(batch, device):
        devices.append(device)
        return {"x": np.array(batch), "y": 1}

    def eval_func(x, y):
        chainer.report({"sum": x.sum() + y}, other)

    evaluator = extensions.Evaluator(
        {"main": iterator}, {"main": model, "o": other}, converter, -1, hooked.append, eval_func
    )
    assert evaluator() == {"o/sum": pytest.approx((0 + 1 + 2 + 3 + 4 + 3) / 3)}
    assert hooked == [evaluator]
    assert devices == [-1] * 3  # a plain function is told the device as it always was
    assert evaluator.device == chainer.get_device("@numpy")
    assert evaluator.get_all_targets() == {"main": model, "o": other}
    assert evaluator.get_all_iterators() == {"main": iterator}
    assert evaluator.get_target("o") is other
    assert evaluator.get_iterator("main") is iterator


def test_tuples_are_spread():
    data = [(np.float32(i), np.float32(2 * i)) for i in range(3)]
    model = Model()
    evaluator = extensions.Evaluator(
        SerialIterator(data, 3, repeat=False, shuffle=False),
        model,
        eval_func=lambda a, b: chainer.report({"dot": (a * b).sum()}, model),
    )
    assert evaluator() == {"main/dot": 10.0}


def test_an_iterator_that_repeats_is_told():
    with pytest.warns(UserWarning, match="'main' of the evaluator repeats"):
        extensions.Evaluator(SerialIterator([1], 1), Model())


def test_unknown_argument(iterator):
    with pytest.raises(TypeError, match="progres'"):
        extensions.Evaluator(iterator, Model(), progres=True)


@pytest.mark.parametrize("live", [False, True])
def test_progress_is_shown_where_it_can_be_redrawn(iterator, monkeypatch, live):
    out = io.StringIO()
    monkeypatch.setattr(_console.sys, "stdout", out)
    monkeypatch.setattr(extensions.evaluator, "is_live", lambda stream: live)
    assert extensions.Evaluator(iterator, Model(), progress_bar=True)() == EXPECTED
    assert ("validation |" in out.getvalue()) == live
    assert ("40.00%" in out.getvalue()) == live


def test_an_empty_data_set_has_no_means(iterator):
    assert extensions.Evaluator(SerialIterator([], 2, repeat=False, shuffle=False), Model())() == {}
