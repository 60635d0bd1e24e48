import io
import threading

import chainer
import pytest
from chainer.configuration import GlobalConfig, LocalConfig


@pytest.fixture
def configs():
    global_config = GlobalConfig()
    global_config.train = True
    return global_config, LocalConfig(global_config)


def in_thread(function):
    results = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join()
    return results[0]


def test_local_falls_back_on_global(configs):
    global_config, config = configs
    assert config.train is True
    global_config.train = False
    assert config.train is False
    config.train = 3
    assert (config.train, global_config.train) == (3, False)
    del config.train
    assert config.train is False


def test_threads_have_values_of_their_own(configs):
    global_config, config = configs

    def other():
        config.train = "other thread"
        return config.train

    config.train = "this thread"
    assert in_thread(lambda: config.train) is True
    assert in_thread(other) == "other thread"
    assert config.train == "this thread"
    global_config.train = "all"
    assert in_thread(lambda: config.train) == "all"


def test_functions_as_values_stay_functions(configs):
    global_config, config = configs
    global_config.hook = len
    global_config.mine = lambda: 3
    assert config.hook is len
    assert config.mine() == global_config.mine() == 3


def test_new_entries(configs):
    global_config, config = configs
    with pytest.raises(AttributeError, match="no entry 'mine'"):
        _ = config.mine
    with pytest.raises(AttributeError, match="no entry 'mine'"):
        _ = global_config.mine
    global_config.mine = 1
    assert config.mine == 1
    del global_config.mine
    assert not hasattr(config, "mine")
    with pytest.raises(AttributeError, match="not overridden"):
        del config.train
    with pytest.raises(AttributeError, match="reserved"):
        global_config.show = 3


@pytest.mark.parametrize("which", [0, 1])
def test_show(configs, which, capsys):
    configs[0].a = 1
    configs[1].a = 2
    file = io.StringIO()
    configs[which].show(file)
    assert file.getvalue() == f"a     {which + 1}\ntrain True\n"
    configs[which].show()
    assert capsys.readouterr().out == file.getvalue()


class TestUsingConfig:
    def test_sets_and_restores(self):
        assert "train" not in vars(chainer.config)
        with chainer.using_config("train", False):
            assert chainer.config.train is False
            with chainer.using_config("train", 3):
                assert chainer.config.train == 3
            assert chainer.config.train is False
        assert chainer.config.train is True
        assert "train" not in vars(chainer.config)

    def test_restores_after_an_error(self):
        with pytest.raises(KeyError), chainer.using_config("train", False):
            raise KeyError
        assert chainer.config.train is True

    def test_new_entries_are_gone_afterwards(self):
        with chainer.using_config("my_entry", 1):
            assert chainer.config.my_entry == 1
        assert not hasattr(chainer.config, "my_entry")

    def test_of_all_threads(self):
        with chainer.using_config("train", False, chainer.global_config):
            assert in_thread(lambda: chainer.config.train) is False
        assert in_thread(lambda: chainer.config.train) is True

    def test_as_a_decorator(self):
        @chainer.using_config("train", False)
        def read():
            return chainer.config.train

        assert [read(), read()] == [False, False]
        assert chainer.config.train is True


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("train", True),
        ("enable_backprop", True),
        ("debug", False),
        ("type_check", True),
        ("cudnn_deterministic", False),
        ("autotune", False),
        ("keep_graph_on_report", False),
        ("use_cudnn", "auto"),
        ("use_ideep", "auto"),
        ("use_cudnn_tensor_core", "auto"),
        ("warn_nondeterministic", False),
        ("cudnn_fast_batch_normalization", False),
        ("in_recomputing", False),
    ],
)
def test_defaults(name, value):
    assert getattr(chainer.global_config, name) == value


class TestDebug:
    def test_set_debug(self):
        assert not chainer.is_debug()
        chainer.set_debug(True)
        try:
            assert chainer.is_debug()
            assert in_thread(chainer.is_debug) is False
        finally:
            chainer.set_debug(False)

    def test_debug_mode(self):
        with chainer.DebugMode(True):
            assert chainer.is_debug()
            with chainer.DebugMode(False):
                assert not chainer.is_debug()
        assert not chainer.is_debug()


class TestDtype:
    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
    def test_get_dtype(self, dtype):
        assert chainer.get_dtype(dtype) == dtype
        with chainer.using_config("dtype", dtype):
            assert chainer.get_dtype() == dtype

    def test_mixed16(self):
        assert chainer.get_dtype(chainer.mixed16) == "float16"
        assert chainer.get_dtype(chainer.mixed16, map_mixed16="float32") == "float32"
        assert str(chainer.mixed16) == "mixed16"
        assert chainer.mixed16.dtype == "float16"
