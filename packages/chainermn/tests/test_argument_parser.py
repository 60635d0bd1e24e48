"""Help and errors of a command line, on several ranks."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.launcher

PARSE = "parser.add_argument('--n', type=int); parser.parse_args()"


def start(mpiexec, *args, before="", parse=PARSE):
    code = f"import chainermn, os; {before}parser = chainermn.ArgumentParser(prog='train'); {parse}"
    return mpiexec(3, "-W", "error", "-c", code, *args)


def test_help_is_printed_once(mpiexec):
    job = start(mpiexec, "--help")
    assert job.returncode == 0, job.stdout
    assert job.stdout.count("usage: train") == 1, job.stdout


def test_an_error_is_printed_once(mpiexec):
    job = start(mpiexec, "--n", "x")
    assert job.returncode == 2, job.stdout
    assert job.stdout.count("usage: train") == job.stdout.count("train: error: argument --n: invalid int") == 1, (
        job.stdout
    )


def test_an_error_of_one_rank_is_not_lost(mpiexec):
    before = "import chainermn._argument_parser as module; module._FIRST_SPEAKS = 0.1; "
    parse = "os.environ['OMPI_COMM_WORLD_RANK'] == '1' and parser.error('no such file here')"
    job = start(mpiexec, before=before, parse=parse)
    assert job.returncode == 2, job.stdout
    assert job.stdout.count("train: error: no such file here") == 1, job.stdout
