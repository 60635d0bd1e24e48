import os
import stat
import subprocess
import sys

import pytest
from chainer.utils.atomic_file import replacing


def test_replaces_the_file_when_the_block_ends(tmp_path):
    target = tmp_path / "data.bin"
    target.write_bytes(b"old")
    with replacing(target) as unfinished:
        unfinished.write_bytes(b"new")
        assert target.read_bytes() == b"old"
        assert unfinished.parent == tmp_path
    assert target.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["data.bin"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_leaves_the_old_file_when_the_block_raises(tmp_path, error):
    target = tmp_path / "data.bin"
    target.write_bytes(b"old")
    with pytest.raises(error), replacing(target) as unfinished:
        unfinished.write_bytes(b"half")
        raise error
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["data.bin"]


def test_a_killed_process_leaves_the_old_file(tmp_path):
    target = tmp_path / "data.bin"
    target.write_bytes(b"old")
    script = """
import os, signal, sys
from chainer.utils.atomic_file import replacing
with replacing(sys.argv[1]) as unfinished:
    unfinished.write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    status = subprocess.run([sys.executable, "-c", script, target], check=False).returncode
    assert status == -9
    assert target.read_bytes() == b"old"


def test_gives_a_new_file_the_mode_of_open(tmp_path):
    (tmp_path / "plain").touch()
    with replacing(tmp_path / "atomic"):
        pass
    assert (tmp_path / "atomic").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_keeps_the_mode_of_an_existing_file(tmp_path):
    target = tmp_path / "data.bin"
    target.touch()
    target.chmod(0o640)
    with replacing(target):
        pass
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_follows_a_symbolic_link(tmp_path):
    (tmp_path / "disk").mkdir()
    link = tmp_path / "latest"
    link.symlink_to(tmp_path / "disk" / "data.bin")
    with replacing(link) as unfinished:
        unfinished.write_bytes(b"new")
    assert link.is_symlink()
    assert (tmp_path / "disk" / "data.bin").read_bytes() == b"new"


def test_writes_straight_into_what_is_no_regular_file():
    with replacing("/dev/null") as unfinished:
        assert str(unfinished) == "/dev/null"
    assert not os.path.isfile("/dev/null")


def test_takes_a_long_name(tmp_path):
    target = tmp_path / ("x" * 255)
    with replacing(target) as unfinished:
        unfinished.write_bytes(b"new")
    assert target.read_bytes() == b"new"


def test_names_the_target_when_its_directory_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"missing/data\.bin"), replacing(tmp_path / "missing" / "data.bin"):
        pass


def test_refuses_a_directory(tmp_path):
    with pytest.raises(IsADirectoryError, match=tmp_path.name), replacing(tmp_path):
        pass


def test_refuses_a_read_only_file(tmp_path, monkeypatch):
    target = tmp_path / "data.bin"
    target.touch()
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # so that it holds for root, too
    with pytest.raises(PermissionError, match="data.bin"), replacing(target):
        pass
