import json

import pytest
from chainer.utils.optional_dependency import require


def test_returns_the_module():
    assert require("json", "extra", "reading logs") is json


def test_tells_how_to_install_what_is_missing():
    with pytest.raises(ImportError, match=r"^drawing needs no_such: pip install 'chainer\[plot\]'$") as caught:
        require("no_such.module", "plot", "drawing")
    assert caught.value.name == "no_such.module"
