from importlib.metadata import version

import chainer


def test_version_is_the_one_of_the_installed_distribution():
    assert chainer.__version__ == version("chainer")
