import json

import numpy as np
import pytest
from chainer import Parameter, Variable
from chainer.serializers.npz import DictionarySerializer, NpzDeserializer
from chainer.training import extensions
from chainer.training.extensions import _plot
from chainer.training.extensions.variable_statistics_plot import Reservoir, Statistician
from PIL import Image


def is_picture(path):
    with Image.open(path) as image:
        # Something is drawn: not all pixels are white.
        return image.size > (100, 100) and np.asarray(image.convert("L")).min() < 128


@pytest.fixture
def no_matplotlib(monkeypatch):
    monkeypatch.setattr(_plot.importlib.util, "find_spec", lambda name: None)


def run(make_trainer, extension, stop=8):
    trainer = make_trainer((stop, "iteration"), observe=lambda i: {"x": i, "y": 2 * i})
    trainer.extend(extension)
    trainer.run()
    return trainer


def test_plot_of_values(make_trainer, tmp_path):
    seen = []

    def postprocess(figure, axes, summary):
        seen.append([(line.get_label(), line.get_xydata().tolist()) for line in axes.get_lines()])

    report = extensions.PlotReport(["x", "y", "never"], trigger=(4, "iteration"), postprocess=postprocess)
    run(make_trainer, report)
    assert seen[-1] == [("x", [[4, 2.5], [8, 6.5]]), ("y", [[4, 5], [8, 13]])]
    assert is_picture(tmp_path / "result" / "plot.png")


def test_plot_along_something_else(make_trainer, tmp_path):
    report = extensions.PlotReport(
        "y", x_key="x", trigger=(4, "iteration"), file_name="other.png", marker=None, grid=False
    )
    run(make_trainer, report)
    assert report._data == {"y": [(2.5, 5.0), (6.5, 13.0)]}
    assert is_picture(tmp_path / "result" / "other.png")


def test_nothing_to_plot_makes_no_picture(make_trainer, tmp_path):
    run(make_trainer, extensions.PlotReport("never"))
    assert list((tmp_path / "result").iterdir()) == []


def test_plot_resumes_in_the_middle_of_an_interval(make_trainer):
    def make():
        return extensions.PlotReport("x", trigger=(4, "iteration"), filename="p.png")

    first = run(make_trainer, make(), stop=6)
    serializer = DictionarySerializer()
    first.serialize(serializer)
    # key and content of chainer 7.8.1
    assert json.loads(str(serializer.target["extensions/PlotReport/_plot_p.png"])) == {"x": [[4, 2.5]]}
    second = make_trainer((8, "iteration"))
    second.extend(make())
    second.serialize(NpzDeserializer(serializer.target))
    second.run()
    assert second.get_extension("PlotReport")._data == {"x": [(4, 2.5), (8, 6.5)]}

    published_only = {key: value for key, value in serializer.target.items() if "/_summary" not in key}
    old = make_trainer()
    old.extend(make())
    old.serialize(NpzDeserializer(published_only))
    assert old.get_extension("PlotReport")._data == {"x": [(4, 2.5)]}


@pytest.mark.parametrize(
    "make", [lambda: extensions.PlotReport("x"), lambda: extensions.VariableStatisticsPlot(Variable(np.ones(2, "f")))]
)
def test_without_matplotlib_there_is_a_warning_and_no_picture(make_trainer, tmp_path, no_matplotlib, make):
    with pytest.warns(UserWarning, match=r"pip install 'chainer\[plot\]'"):
        assert not extensions.PlotReport.available()
    with pytest.warns(UserWarning, match="nothing will be plotted"):
        run(make_trainer, make())
    assert list((tmp_path / "result").iterdir()) == []


def test_unknown_arguments():
    with pytest.raises(TypeError, match="filenam'"):
        extensions.PlotReport("x", filenam="y")
    with pytest.raises(TypeError, match="filenam'"):
        extensions.VariableStatisticsPlot(Variable(np.ones(2, "f")), filenam="y")
    assert extensions.PlotReport.available()
    assert extensions.VariableStatisticsPlot.available()


def test_plot_of_variables(make_trainer, tmp_path):
    lazy = Parameter(0)
    x = Variable(np.arange(6, dtype="f"))
    x.grad = np.ones(6, "f")
    plot = extensions.VariableStatisticsPlot([x, lazy], trigger=(8, "iteration"), filename="v.png", figsize=(6, 6))
    trainer = run(make_trainer, plot)
    assert is_picture(tmp_path / "result" / "v.png")
    iterations, data = plot._samples.get_data()
    assert iterations.tolist() == list(range(1, 9))
    mean, std, *percentiles = data[0, 0]
    assert (mean, std) == (2.5, pytest.approx(np.std(np.arange(6))))
    assert (percentiles[0], percentiles[4], percentiles[-1]) == (0, 2.5, 5)

    serializer = DictionarySerializer()
    trainer.serialize(serializer)
    resumed = make_trainer((9, "iteration"))
    resumed.extend(extensions.VariableStatisticsPlot([x, lazy], trigger=(8, "iteration")))
    resumed.serialize(NpzDeserializer(serializer.target))
    resumed.run()
    assert resumed.get_extension("VariableStatisticsPlot")._samples.get_data()[0].tolist() == list(range(1, 10))


@pytest.mark.parametrize(
    "options", [{"report_grad": False}, {"plot_std": False, "percentile_sigmas": ()}, {"marker": "o"}]
)
def test_parts_of_the_plot_can_be_left_out(make_trainer, tmp_path, options):
    variable = Variable(np.ones((2, 2), "f"))
    run(make_trainer, extensions.VariableStatisticsPlot(variable, **options))
    assert is_picture(tmp_path / "result" / "statistics.png")


def test_targets_are_checked():
    with pytest.raises(ValueError, match="at least one variable"):
        extensions.VariableStatisticsPlot([])
    for nonsense in (3, [3]):
        with pytest.raises(TypeError, match="must be Variables or links, got int"):
            extensions.VariableStatisticsPlot(nonsense)


def test_statistician():
    statistics = Statistician(True, True, (0, 50, 100)).collect(np.arange(6, dtype="f").reshape(2, 3), 1)
    # values of chainer 7.8.1
    np.testing.assert_array_equal(statistics["mean"], [1, 4])
    np.testing.assert_allclose(statistics["std"], [0.8164966, 0.8164966], rtol=1e-6)
    np.testing.assert_array_equal(statistics["percentile"], [[0, 3], [1, 4], [2, 5]])
    assert Statistician(False, False, ()).collect(np.ones(3), 0) == {}


def test_reservoir_keeps_a_uniform_sample():
    reservoir = Reservoir(3, (2,))
    for i in range(2):
        reservoir.add(np.ones(2) * i)
    assert reservoir.get_data()[0].tolist() == [0, 1]

    state = np.random.get_state()[1].copy()
    reservoir = Reservoir(100, ())
    for i in range(2000):
        reservoir.add(i, idx=3 * i)
    iterations, data = reservoir.get_data()
    assert (np.diff(iterations) > 0).all()
    np.testing.assert_array_equal(iterations, 3 * data)
    assert 800 < data.mean() < 1200  # three standard deviations of the mean of a uniform sample are 170
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # nothing is drawn from the training's generator
