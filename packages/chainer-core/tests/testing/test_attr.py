import chainer
import pytest
from chainer.backends import cuda, intel64
from chainer.testing import attr


def marks(target):
    return [mark.name for mark in target.pytestmark]


def function():
    pass


@pytest.mark.parametrize("name", ["gpu", "cudnn", "ideep", "chainerx", "slow"])
def test_functions_and_classes_are_marked(name):
    def test():
        pass

    for target in (test, type("T", (), {})):
        marked = getattr(attr, name)(target)
        assert marked is target
        assert name in marks(marked)


def test_skips_what_is_missing():
    def skipped(decorate):
        def test():
            pass

        return "skipif" in marks(decorate(test))

    assert skipped(attr.gpu) is not cuda.available
    assert skipped(attr.ideep) is not intel64.is_ideep_available()
    assert skipped(attr.multi_gpu(10**6))
    assert skipped(attr.chainerx)
    assert not skipped(attr.slow)


def test_pytest_is_there():
    assert attr.is_available()
    assert attr.get_error() is None
    attr.check_available()


def test_without_pytest(monkeypatch):
    error = ImportError("no pytest")
    monkeypatch.setattr(attr, "_error", error)
    assert not attr.is_available()
    assert attr.get_error() is error
    with pytest.raises(RuntimeError, match="pip install pytest"):
        attr.slow(function)
    assert chainer.testing.attr is attr
