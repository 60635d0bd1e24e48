import io

import chainer
import numpy as np
import pytest
from chainer.backends import intel64, kernels
from chainer.backends.raw import RawArray

pytestmark = pytest.mark.usefixtures("own_kernels")


@pytest.fixture
def kernel(own_kernels):
    @kernels.register("relu", np.ndarray)
    def fast_relu(x):
        return x

    return fast_relu


def test_found_by_name_and_type(kernel):
    x = np.ones(1)
    assert kernels.find("relu", x) is kernel
    assert kernels.find("relu", "not an array") is None
    assert kernels.find("nms", x) is None


def test_found_for_its_dtypes_alone():
    kernels.register("nms", np.ndarray, dtypes=("float32", "float16"))(len)
    assert kernels.find("nms", np.ones(1, np.float32)) is len
    assert kernels.find("nms", np.ones(1, np.float16)) is len
    assert kernels.find("nms", np.ones(1, np.float64)) is None
    assert "numpy.ndarray by builtins.len (float32, float16 only)" in explained()
    kernels.register("nms", np.ndarray)(len)
    assert kernels.find("nms", np.ones(1, np.float64)) is len


def test_configuration_turns_cpu_kernels_off(kernel):
    with chainer.using_config("use_ideep", "never"):
        assert kernels.find("relu", np.ones(1)) is None


def test_unregistered_is_gone():
    kernels.register("nms", np.ndarray)(len)
    kernels.unregister("nms", np.ndarray)
    assert kernels.find("nms", np.ones(1)) is None
    kernels.unregister("nms", np.ndarray)  # twice is no error


def test_names_are_closed():
    with pytest.raises(ValueError, match="unknown kernel 'rleu'; the kernels are ada_delta_update"):
        kernels.register("rleu", np.ndarray)


def explained():
    file = io.StringIO()
    kernels.explain(file)
    return file.getvalue()


def test_explain(kernel):
    assert "fast_relu" in explained()
    assert "turned off" not in explained()


def test_explain_says_that_cpu_kernels_are_turned_off(kernel):
    kernels.register("relu_backward", RawArray)(len)
    with chainer.using_config("use_ideep", "never"):
        text = explained()
    assert text.count("kernels for NumPy arrays are turned off: chainer.config.use_ideep is 'never'") == 1
    rows = dict(line.split(maxsplit=1) for line in text.splitlines() if line.startswith("  "))
    assert rows["relu"] == rows["relu_backward"] == "plain body"


class TestPlugins:
    class Entry:
        """An entry point of an installed plug-in."""

        value = "package.module"

        def __init__(self, name, plugin):
            self.name, self.plugin = name, plugin

        def load(self):
            if isinstance(self.plugin, Exception):
                raise self.plugin
            return self.plugin

    @pytest.fixture
    def install(self, monkeypatch):
        monkeypatch.setattr(kernels, "_loaded", False)
        monkeypatch.setattr(kernels, "_plugins", {})
        monkeypatch.setattr(kernels, "_descriptions", {})

        def install(*entries):
            groups = {"chainer.kernels": entries}
            monkeypatch.setattr(kernels.importlib.metadata, "entry_points", lambda group: groups[group])

        return install

    def test_loaded_once(self, install):
        calls = []
        install(self.Entry("callable", lambda: calls.append(1)), self.Entry("module", np))
        kernels.load_plugins()
        kernels.load_plugins()
        assert calls == [1]
        assert "plug-in callable: loaded" in explained()
        assert "plug-in module: loaded" in explained()

    def test_a_broken_one_is_a_warning(self, install):
        install(self.Entry("broken", ImportError("no libdnnl")), self.Entry("good", np))
        with pytest.warns(RuntimeWarning, match="'broken' .* could not be loaded and plain NumPy serves instead"):
            kernels.load_plugins()
        assert "plug-in broken: ImportError: no libdnnl" in explained()
        assert "plug-in good: loaded" in explained()

    def test_one_that_cannot_serve_says_why(self, install):
        install(self.Entry("shy", lambda: "no compiler was found"))
        kernels.load_plugins()
        assert "plug-in shy: no compiler was found" in explained()

    def test_one_describes_itself_as_it_is_now(self, install):
        threads = [1]
        install(self.Entry("fast", lambda: lambda: {"version": "3.2", "threads": threads[0]}))
        kernels.load_plugins()
        assert "plug-in fast: loaded\n  version                          3.2\n" in explained()
        threads[0] = 2
        assert "  threads                          2\n" in explained()

    def test_none_is_installed(self, install):
        assert "no kernel plug-in is installed" in explained()


class TestIdeep:
    def test_is_there_with_any_cpu_kernel(self, kernel):
        assert intel64.is_ideep_available()
        intel64.check_ideep_available()
        device = chainer.get_device("@intel64")
        assert str(device) == "@intel64"
        assert device.xp is np
        assert device != chainer.get_device("@numpy")

    @pytest.mark.parametrize(
        ("configured", "level", "expected"),
        [
            ("always", "==always", True),
            ("auto", "==always", False),
            ("auto", ">=auto", True),
            ("never", ">=auto", False),
        ],
    )
    def test_levels(self, kernel, configured, level, expected):
        with chainer.using_config("use_ideep", configured):
            assert intel64.should_use_ideep(level) is expected

    def test_refusals(self):
        with pytest.raises(ValueError, match="level must be one of"):
            intel64.should_use_ideep("always")
        with chainer.using_config("use_ideep", "sometimes"), pytest.raises(ValueError, match="got 'sometimes'"):
            intel64.should_use_ideep(">=auto")
        with pytest.raises(RuntimeError, match="gone"):
            intel64.mdarray()
        assert intel64.inputs_all_ready((np.ones((2, 2)),)) is False
