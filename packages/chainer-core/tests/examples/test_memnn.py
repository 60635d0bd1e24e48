"""Questions about stories."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.example

# Two places, and always the last move decides.
STORIES = """\
1 Mary moved to the {0}.
2 Where is Mary? \t{0}\t1
3 Mary went back to the {1}.
4 Where is Mary? \t{1}\t3
"""


def test_questions_about_made_up_stories_are_answered(run_example, read_log):
    printed = run_example("memnn/train_memnn.py", "--test")
    assert read_log()[-1]["validation/main/accuracy"] > 0.95
    # What is printed last are stories, questions and answers: check the answers by reading the stories.
    stories = re.findall(r"\n(.*)\.\nwhere is (\w+)\? (\w+)", printed)
    assert len(stories) == 5
    right = [re.findall(rf"{who} [^.]*?(\w+)(?:\.|$)", story)[-1] == answer for story, who, answer in stories]
    assert sum(right) >= 4


def test_reads_tasks_of_babi(run_example, read_log, tmp_path):
    stories = [STORIES.format(*places) for places in (("office", "garden"), ("garden", "office"))]
    (tmp_path / "train.txt").write_text("".join(stories * 50))
    (tmp_path / "test.txt").write_text("".join(stories))
    run_example("memnn/train_memnn.py", "--train-data", "train.txt", "--test-data", "test.txt", "--test")
    assert read_log()[-1]["validation/main/accuracy"] == 1
