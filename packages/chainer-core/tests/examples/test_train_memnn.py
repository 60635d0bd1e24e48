"""The memory network."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.example


@pytest.mark.parametrize("representation", ["bow", "pe"])
def test_questions_are_answered(run_example, read_log, representation):
    printed = run_example("memnn/train_memnn.py", "--test", "--sentence-repr", representation)
    assert read_log()[-1]["validation/main/accuracy"] > 0.95
    assert "?" in printed.splitlines()[-1]


def test_reads_the_babi_format(run_example, read_log, tmp_path):
    story = (
        "1 Mary moved to the bathroom.\n2 John went to the hallway.\n3 Where is Mary? \tbathroom\t1\n"
        "4 Mary went to the hallway.\n5 Where is Mary? \thallway\t4\n1 Mary went to the hallway.\n"
        "2 Where is Mary?\thallway\t1\n"
    )
    (tmp_path / "qa.txt").write_text(story * 10)
    printed = run_example("memnn/train_memnn.py", "qa.txt", "qa.txt", "--epoch", 20, "--max-memory", 5)
    assert printed.startswith("30 questions")
    assert read_log()[-1]["validation/main/accuracy"] == 1
