from importlib.metadata import version

import chainerrl


def test_version_is_the_one_of_the_installed_distribution():
    assert chainerrl.__version__ == version("chainerrl")
