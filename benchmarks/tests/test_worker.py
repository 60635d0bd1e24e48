"""What a worker measures, and how it fails."""

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.connection import Worker, WorkerFailure
from benchmarks.peers import PEERS
from benchmarks.worker import timing
from benchmarks.worker.numbers import fingerprint
from benchmarks.worker.profiling import profile
from benchmarks.worker.timing import calibrate, measure


def nap():
    time.sleep(0.002)
    return ()


def test_a_loop_takes_the_time_asked_for():
    loops = calibrate(nap, 0.02)
    assert 2 <= loops <= 12
    assert 0.002 <= measure(nap, loops) < 0.02


def test_a_long_step_is_its_own_warm_up(monkeypatch):
    monkeypatch.setattr(timing, "LONG_SECONDS", 0.001)
    calls = []

    def step():
        calls.append(nap())
        return ()

    assert calibrate(step, 0.001) == 1
    assert measure(step, 1) >= 0.002
    assert len(calls) == 2


PEAK_OF_A_STEP = """
import numpy
from benchmarks.worker.memory import peak
print(peak(lambda: (numpy.ones(2**27, numpy.uint8) is None,)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the high-water mark is reset through /proc")
def test_the_peak_counts_what_a_step_held_and_released():
    # In a process of its own, as every measurement is: what other tests have freed would serve the step.
    root = Path(__file__).parents[2]
    result = subprocess.run(
        [sys.executable, "-c", PEAK_OF_A_STEP], cwd=root, capture_output=True, text=True, check=True
    )
    assert float(result.stdout) == pytest.approx(2**27, rel=0.2)  # the kernel's own counter is off by some pages


def test_a_profile_is_told_per_step():
    rows = profile(nap, 0.02)
    (row,) = [row for row in rows if row["function"].endswith(" nap")]
    assert row["calls"] == 1
    assert row["all"] >= 0.002


def test_a_fingerprint_notices_elements_out_of_place():
    x = np.linspace(0, 1, 1000)
    rms, wave = fingerprint(x)
    assert rms == pytest.approx(np.sqrt(np.mean(x**2)))
    assert fingerprint(x[::-1]) != pytest.approx([rms, wave], rel=1e-3)


def test_an_exception_is_an_answer():
    with Worker(replace(PEERS["chainer"], framework="no_such_framework"), threads=1) as worker:
        with pytest.raises(WorkerFailure, match="ModuleNotFoundError.*no_such_framework"):
            worker.ask("facts")
        with pytest.raises(WorkerFailure, match="benchmark must be one of"):
            worker.ask("prepare", case="nothing")


def test_a_death_is_told(monkeypatch):
    monkeypatch.setenv("BENCH_CHAINER_PYTHON", "false")  # the command that fails at once
    with Worker(PEERS["chainer"], threads=1) as worker, pytest.raises(WorkerFailure, match="died.*exit status 1"):
        worker.ask("facts")


def test_an_interpreter_that_does_not_start_is_told(monkeypatch, tmp_path):
    script = tmp_path / "python"
    script.write_bytes(b"\x7fnot a program")
    script.chmod(0o755)
    monkeypatch.setenv("BENCH_CHAINER_PYTHON", str(script))
    with pytest.raises(WorkerFailure, match="does not start"):
        Worker(PEERS["chainer"], threads=1)


def test_only_what_is_measured_differs_between_peers(monkeypatch, tmp_path):
    seen = tmp_path / "environment"
    script = tmp_path / "python"
    script.write_text(f"#!/bin/sh\nenv > {seen}\n")
    script.chmod(0o755)
    monkeypatch.setenv("BENCH_TORCH_PYTHON", str(script))
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Nehalem")  # an old kernel, on any processor
    with Worker(PEERS["torch"], threads=3) as worker, pytest.raises(WorkerFailure):
        worker.ask("facts")
    environ = dict(line.split("=", 1) for line in seen.read_text().splitlines() if "=" in line)
    assert environ["OMP_NUM_THREADS"] == environ["OPENBLAS_NUM_THREADS"] == "3"
    assert not {"PYTHONPATH", "OPENBLAS_CORETYPE"} & set(environ)
