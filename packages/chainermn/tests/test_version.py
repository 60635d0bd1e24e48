import subprocess
import sys
from importlib.metadata import version

import chainermn


def test_version_is_the_one_of_the_installed_distribution():
    assert chainermn.__version__ == version("chainermn")


def test_importing_it_starts_no_mpi():
    # Nor does it need one: a machine without MPI learns of it when it makes a communicator.
    code = "import chainermn, sys; sys.exit('mpi4py' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
