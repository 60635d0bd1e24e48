from importlib.metadata import version

import chainermn


def test_version_is_the_one_of_the_installed_distribution():
    assert chainermn.__version__ == version("chainermn")
