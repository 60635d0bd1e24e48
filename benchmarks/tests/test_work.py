"""The workloads: how they are found, and the Python that they keep to."""

import ast
from pathlib import Path

import pytest

import benchmarks
from benchmarks import work

FOLDER = Path(benchmarks.__file__).parent
WORKER_FILES = [FOLDER / "workload.py", *FOLDER.glob("work/*.py"), *FOLDER.glob("worker/*.py")]


@pytest.mark.parametrize("path", WORKER_FILES, ids=lambda path: path.name)
def test_parses_on_the_oldest_python_of_a_peer(path):
    ast.parse(path.read_text(), feature_version=(3, 7))


def test_selects_a_file_or_one_of_its_cases():
    assert len(work.load("convolution")) > 1
    assert [workload.name for workload in work.load("convolution/stem")] == ["convolution/stem"]


def test_the_small_form_is_the_same_network_on_less():
    (workload,) = work.load("networks/resnet50_infer_8")
    small = workload.small()
    assert (small.model, small.mode) == (workload.model, workload.mode)
    assert small.batch_size * small.image_size**2 < workload.batch_size * workload.image_size**2 / 10


@pytest.mark.parametrize(
    ("name", "message"), [("nothing", "benchmark must be"), ("convolution/nothing", "case must be")]
)
def test_refuses_an_unknown_name(name, message):
    with pytest.raises(ValueError, match=message):
        work.load(name)
