import csv
import json

import numpy as np
import pytest
from chainer import Variable
from chainer.serializers.npz import DictionarySerializer, NpzDeserializer
from chainer.training import extensions


def run(make_trainer, report, stop=8, **kwargs):
    trainer = make_trainer((stop, "iteration"), **kwargs)
    trainer.extend(report)
    trainer.run()
    return trainer


def test_means_of_an_epoch_are_logged(make_trainer, tmp_path):
    report = extensions.LogReport()
    run(make_trainer, report, observe=lambda i: {"x": np.float32(i), "y": Variable(np.array(2 * i, "f")), "text": "t"})
    log = json.loads((tmp_path / "result" / "log").read_text())
    assert log == report.log
    assert [list(entry) for entry in log] == [["x", "y", "epoch", "iteration", "elapsed_time"]] * 2
    assert [(e["x"], e["y"], e["epoch"], e["iteration"]) for e in log] == [(2.5, 5.0, 1, 4), (6.5, 13.0, 2, 8)]
    assert 0 < log[0]["elapsed_time"] < log[1]["elapsed_time"]


def test_keys_trigger_and_postprocess(make_trainer):
    report = extensions.LogReport(
        keys=["x", "never"], trigger=(2, "iteration"), postprocess=lambda entry: entry.update(twice=2 * entry["x"])
    )
    run(make_trainer, report, 4, observe=lambda i: {"x": i, "y": i})
    assert [(entry["x"], entry["twice"]) for entry in report.log] == [(1.5, 3.0), (3.5, 7.0)]
    assert "y" not in report.log[0]
    assert "never" not in report.log[0]


@pytest.mark.parametrize("filename", ["log_{epoch}_{iteration}.json", "plain"])
def test_json(make_trainer, tmp_path, filename):
    report = extensions.LogReport(trigger=(2, "iteration"), filename=filename)
    run(make_trainer, report, 4)
    path = tmp_path / "result" / filename.format(epoch=1, iteration=4)
    assert json.loads(path.read_text()) == report.log
    assert path.read_text().startswith('[\n    {\n        "x": 1.5,\n')


def test_json_lines(make_trainer, tmp_path):
    report = extensions.LogReport(trigger=(2, "iteration"), filename="log.jsonl")
    run(make_trainer, report, 4)
    lines = (tmp_path / "result" / "log.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == report.log


def test_csv_has_a_column_for_each_value_that_ever_appears(make_trainer, tmp_path):
    report = extensions.LogReport(trigger=(2, "iteration"), filename="log.csv")
    run(make_trainer, report, 4, observe=lambda i: {"x": i} if i < 3 else {"x": i, "late, value": 7})
    with open(tmp_path / "result" / "log.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["x"], row["late, value"], row["iteration"]) for row in rows] == [("1.5", "", "2"), ("3.5", "7.0", "4")]


@pytest.mark.parametrize("options", [{"filename": ""}, {"log_name": None}])
def test_no_file(make_trainer, tmp_path, options):
    report = extensions.LogReport(**options)
    run(make_trainer, report)
    assert len(report.log) == 2
    assert list((tmp_path / "result").iterdir()) == []


def test_former_name_and_unknown_arguments(make_trainer, tmp_path):
    run(make_trainer, extensions.LogReport(log_name="old"))
    assert (tmp_path / "result" / "old").exists()
    with pytest.raises(TypeError, match="filenam'"):
        extensions.LogReport(filenam="x")


@pytest.mark.parametrize("stop", range(1, 8))
def test_resume_in_the_middle_gives_the_same_log(make_trainer, stop):
    def without_time(log):
        return [{k: v for k, v in entry.items() if k != "elapsed_time"} for entry in log]

    whole = extensions.LogReport(trigger=(3, "iteration"))
    run(make_trainer, whole)
    first = run(make_trainer, extensions.LogReport(trigger=(3, "iteration")), stop)
    serializer = DictionarySerializer()
    first.serialize(serializer)
    second = make_trainer((8, "iteration"))
    second.extend(extensions.LogReport(trigger=(3, "iteration")))
    second.serialize(NpzDeserializer(serializer.target))
    second.stop_trigger = whole_stop = make_trainer((8, "iteration")).stop_trigger
    whole_stop._progress._iteration = stop
    second.run()
    assert without_time(second.get_extension("LogReport").log) == without_time(whole.log)


def test_keys_of_a_snapshot_are_those_published(make_trainer):
    trainer = run(make_trainer, extensions.LogReport(), 5)
    serializer = DictionarySerializer()
    trainer.get_extension("LogReport").serialize(serializer)
    # keys and dtypes of chainer 7.8.1
    assert {key: value.dtype.kind + str(value.shape) for key, value in serializer.target.items()} == {
        "_trigger/previous_iteration": "i()",
        "_trigger/previous_epoch_detail": "f()",
        "_summary/_names": "U()",
        "_summary/_summaries/0/_x": "f()",
        "_summary/_summaries/0/_x2": "f()",
        "_summary/_summaries/0/_n": "i()",
        "_log": "U()",
    }


def test_a_trigger_without_state_is_as_good(make_trainer):
    report = extensions.LogReport(trigger=lambda trainer: trainer.updater.iteration in (2, 3))
    trainer = run(make_trainer, report, 4)
    serializer = DictionarySerializer()
    trainer.serialize(serializer)
    trainer.serialize(NpzDeserializer(serializer.target))
    assert [entry["x"] for entry in report.log] == [1.5, 3.0]
