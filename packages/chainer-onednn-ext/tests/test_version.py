from importlib.metadata import version

import chainer_onednn_ext


def test_version_is_the_one_of_the_installed_distribution():
    assert chainer_onednn_ext.__version__ == version("chainer-onednn-ext")
