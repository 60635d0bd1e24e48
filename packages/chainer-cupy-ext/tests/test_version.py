from importlib.metadata import version

import chainer_cupy_ext


def test_version_is_the_one_of_the_installed_distribution():
    assert chainer_cupy_ext.__version__ == version("chainer-cupy-ext")
