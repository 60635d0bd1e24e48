"""What ``import chainer`` brings along."""

from __future__ import annotations

import subprocess
import sys

SLOW = ("PIL", "filelock", "h5py", "http.client", "matplotlib", "scipy", "tqdm", "urllib.request")


def test_import_is_silent_and_brings_nothing_slow():
    code = f"import sys, chainer; print([name for name in {SLOW} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
