import chainer
import pytest
from chainer.utils.cache import cached_property


class Counter:
    count = 0

    @cached_property
    def value(self):
        """What it is."""
        self.count += 1
        return self.count


def test_computed_once_an_object():
    a, b = Counter(), Counter()
    assert [a.value, a.value, b.value] == [1, 1, 1]


def test_once_more_without_backprop():
    a = Counter()
    assert a.value == 1
    with chainer.no_backprop_mode():
        assert [a.value, a.value] == [2, 2]
    assert a.value == 1


def test_read_only():
    with pytest.raises(AttributeError, match="'value' of Counter is read-only"):
        Counter().value = 3


def test_on_the_class():
    assert Counter.value.__doc__ == "What it is."
