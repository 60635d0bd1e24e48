import subprocess
import sys

import pytest
import sanitize

LOG = """==7==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x7f01
    #0 read x.cpp:3
SUMMARY: AddressSanitizer: heap-buffer-overflow x.cpp:3 in read
=================================================================
==7==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x7f22
    #0 read x.cpp:3
SUMMARY: AddressSanitizer: heap-buffer-overflow x.cpp:3 in read
y.cpp:5:9: runtime error: shift exponent 32 is too large
    #0 shift y.cpp:5
"""


def test_reports_are_told_apart_and_counted(tmp_path):
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "log.7").write_text(LOG)
    (tmp_path / "reports" / "log.8").write_text(
        "==================\nWARNING: ThreadSanitizer: data race (pid=8)\n  Write of size 8\n"
        "SUMMARY: ThreadSanitizer: data race z.cpp:1 in f\n==================\n"
    )
    reports = sanitize.collect(tmp_path)
    assert {summary: count for summary, (count, _) in reports.items()} == {
        "AddressSanitizer: heap-buffer-overflow x.cpp:3 in read": 2,
        "y.cpp:5:9: runtime error: shift exponent 32 is too large": 1,
        "ThreadSanitizer: data race z.cpp:1 in f": 1,
    }
    assert "#0 shift y.cpp:5" in reports["y.cpp:5:9: runtime error: shift exponent 32 is too large"][1]


def test_the_finder_of_the_other_module_comes_first(tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "package" / "chainer_onednn_ext").mkdir(parents=True)
    (tmp_path / "package" / "chainer_onednn_ext" / "__init__.py").touch()
    (tmp_path / "package" / "chainer_onednn_ext" / "_core.py").write_text("whose = 'ours'")
    (tmp_path / "site" / "sitecustomize.py").write_text(sanitize.SITE.format(folder=str(tmp_path / "package")))
    code = "from chainer_onednn_ext import _core; print(_core.whose)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env={"PYTHONPATH": str(tmp_path / "site")}, capture_output=True, text=True)
    assert done.stdout == "ours\n", done.stderr


def test_says_what_is_missing(monkeypatch, capsys):
    monkeypatch.setattr(sanitize.shutil, "which", lambda name: None)
    assert sanitize.main(["thread"]) == 2
    assert "apt install g++" in capsys.readouterr().err


def test_refuses_another_sanitizer(capsys):
    with pytest.raises(SystemExit, match="2"):
        sanitize.main(["memory"])
    assert "address" in capsys.readouterr().err
