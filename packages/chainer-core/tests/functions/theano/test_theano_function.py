import pytest
from chainer.functions.theano.theano_function import TheanoFunction, theano_function


@pytest.mark.parametrize("call", [TheanoFunction, theano_function])
def test_says_what_to_do_instead(call):
    with pytest.raises(RuntimeError, match="chainer.functions"):
        call()
