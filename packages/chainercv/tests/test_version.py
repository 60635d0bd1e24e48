from importlib.metadata import version

import chainercv


def test_version_is_the_one_of_the_installed_distribution():
    assert chainercv.__version__ == version("chainercv")
