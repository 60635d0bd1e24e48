import os
import time

import numpy as np
import pytest
from chainer.serializers.npz import load_npz
from chainer.training import extensions
from chainer.training.extensions import _snapshot_files


def names(directory):
    return sorted(path.name for path in directory.iterdir())


@pytest.fixture
def result(tmp_path):
    return tmp_path / "result"


def run(make_trainer, snapshot, stop=8, trigger=(2, "iteration"), **kwargs):
    trainer = make_trainer((stop, "iteration"), **kwargs)
    trainer.extend(snapshot, trigger=trigger)
    trainer.run(show_loop_exception_msg=False)
    return trainer


def test_trainer_is_saved_once_an_epoch(make_trainer, result):
    trainer = make_trainer((9, "iteration"))
    trainer.extend(extensions.snapshot())
    trainer.run()
    assert names(result) == ["snapshot_iter_4", "snapshot_iter_8"]
    restored = make_trainer()
    restored.extend(extensions.snapshot())
    load_npz(result / "snapshot_iter_8", restored)
    assert restored.updater.iteration == 8


def test_attributes_and_defaults():
    snapshot = extensions.snapshot()
    assert snapshot.filename == "snapshot_iter_{.updater.iteration}"
    assert (snapshot.trigger, snapshot.priority, snapshot.default_name) == ((1, "epoch"), -100, "_Snapshot")
    assert (snapshot.n_retains, snapshot.autoload, snapshot.condition()) == (-1, False, True)
    assert isinstance(snapshot.writer, extensions.snapshot_writers.SimpleWriter)


def test_what_snapshot_refuses():
    with pytest.raises(TypeError, match="n_retain'"):
        extensions.snapshot(n_retain=3)
    with pytest.raises(TypeError, match="savefun and writer"):
        extensions.snapshot(savefun=print, writer=extensions.snapshot_writers.SimpleWriter())
    for options in ({"autoload": True}, {"n_retains": 2}):
        with pytest.raises(ValueError, match="filename to be a format string"):
            extensions.snapshot(filename=lambda trainer: "x", **options)


def test_object_savefun_condition_and_filename(make_trainer, result):
    allowed = iter([True, False, True])
    saved = []

    def savefun(path, target):
        saved.append(dict(target))
        with open(path, "w") as file:
            file.write("saved")

    trainer = make_trainer((3, "iteration"))
    snapshot = extensions.snapshot_object(
        trainer.updater,
        lambda trainer: f"number {trainer.updater.iteration}",
        savefun,
        condition=lambda: next(allowed),
    )
    trainer.extend(snapshot, trigger=(1, "iteration"))
    trainer.run()
    assert names(result) == ["number 1", "number 3"]
    assert (result / "number 1").read_text() == "saved"
    assert saved == [{"iteration": np.array(1)}, {"iteration": np.array(3)}]


@pytest.mark.parametrize("save_name", ["save_npz", "save_hdf5"])
def test_formats(make_trainer, result, save_name):
    import chainer.serializers as serializers

    trainer = make_trainer((2, "iteration"))
    snapshot = extensions.snapshot_object(trainer.updater, "updater", getattr(serializers, save_name), autoload=True)
    trainer.extend(snapshot, trigger=(1, "iteration"))
    trainer.run()

    iterations = []
    resumed = make_trainer((2, "iteration"), on_update=iterations.append)
    resumed.extend(extensions.snapshot_object(resumed.updater, "updater", autoload=True))
    resumed.run()
    assert (resumed.updater.iteration, iterations) == (2, [])  # nothing was left to do


def fail(iteration):
    if iteration == 3:
        raise ValueError("x")


@pytest.mark.parametrize("on_error", [False, True])
def test_snapshot_on_error(make_trainer, result, on_error):
    with pytest.raises(ValueError, match="x"):
        run(make_trainer, extensions.snapshot(snapshot_on_error=on_error), on_update=fail)
    assert names(result) == ["snapshot_iter_2", "snapshot_iter_3"][: 1 + on_error]


def test_old_files_are_removed(make_trainer, result):
    run(make_trainer, extensions.snapshot(n_retains=2))
    assert names(result) == ["snapshot_iter_6", "snapshot_iter_8"]


def test_only_files_of_ours_are_removed(make_trainer, result):
    result.mkdir()
    others = ["snapshot_iter_", "snapshot_iter_1_keep", "xsnapshot_iter_1", "snapshot_iter_best"]
    for name in others:
        (result / name).write_bytes(b"x")
    run(make_trainer, extensions.snapshot(n_retains=1))
    assert names(result) == sorted([*others, "snapshot_iter_8"])


def test_the_last_complete_file_is_never_removed(tmp_path):
    np.savez(tmp_path / "s_1.npz", x=1)
    np.savez(tmp_path / "s_2.npz", x=1)
    (tmp_path / "s_3.npz").write_bytes(b"PK torn")
    (tmp_path / "s_4.npz").write_bytes(b"")
    for number in range(1, 5):
        os.utime(tmp_path / f"s_{number}.npz", (number, number))
    _snapshot_files.remove_stale("s_{.updater.iteration}.npz", tmp_path, 2)
    assert names(tmp_path) == ["s_2.npz", "s_3.npz", "s_4.npz"]


def test_newest_is_told_by_time_then_by_number(tmp_path):
    for name, when in [("s_9", 5), ("s_10", 5), ("s_11", 4)]:
        (tmp_path / name).write_text(name)
        os.utime(tmp_path / name, (when, when))
    assert [path.name for path in _snapshot_files.find("s_{.updater.iteration}", tmp_path)] == ["s_10", "s_9", "s_11"]
    assert _snapshot_files.find("s_{.updater.iteration}", tmp_path / "nowhere") == []


@pytest.mark.parametrize(
    ("filename", "matches"),
    [
        ("s_{.updater.iteration:08d}", "s_00000012"),
        ("e{0.updater.epoch}_i{0.updater.iteration}.npz", "e3_i12.npz"),
        ("at_{.updater.epoch_detail:.2f}", "at_0.25"),
        ("{.name}.[x]", "anything.[x]"),
        ("fixed", "fixed"),
    ],
)
def test_names_are_recognised(tmp_path, filename, matches):
    for name in (matches, matches + "~", "x" + matches if "name" not in filename else "other"):
        (tmp_path / name).write_text("")
    assert [path.name for path in _snapshot_files.find(filename, tmp_path)] == [matches]


def test_autoload_resumes_from_the_newest(make_trainer, result):
    run(make_trainer, extensions.snapshot(autoload=True), stop=4)
    os.utime(result / "snapshot_iter_2", (1, 1))
    iterations = []
    run(make_trainer, extensions.snapshot(autoload=True), stop=6, on_update=iterations.append)
    assert iterations == [5, 6]


def test_autoload_comes_before_all_other_extensions(make_trainer):
    run(make_trainer, extensions.snapshot(autoload=True), stop=4)
    seen = []
    trainer = make_trainer((6, "iteration"))
    trainer.extend(lambda trainer: None, name="first", priority=1000)
    trainer._extensions["first"].extension.initialize = lambda trainer: seen.append(trainer.updater.iteration)
    trainer._extensions["first"].trigger = lambda trainer: False
    trainer.extend(extensions.snapshot(autoload=True), trigger=(2, "iteration"))
    trainer.run()
    assert seen == [4]


@pytest.mark.parametrize("damage", ["empty", "torn", "flipped", "foreign"])
def test_autoload_passes_over_a_damaged_file(make_trainer, result, damage):
    run(make_trainer, extensions.snapshot(autoload=True), stop=4)
    newest = result / "snapshot_iter_4"
    content = bytearray(newest.read_bytes())
    if damage == "empty":
        content = b""
    elif damage == "torn":
        content = content[: len(content) // 2]
    elif damage == "flipped":
        # In the middle of the largest member: the state of a random generator.
        content[len(content) // 3] ^= 0xFF
    else:
        content = b"not a snapshot"
    newest.write_bytes(content)
    later = time.time() + 10
    os.utime(newest, (later, later))

    iterations = []
    with pytest.warns(UserWarning, match="snapshot .*snapshot_iter_4 is passed over: "):
        run(make_trainer, extensions.snapshot(autoload=True), stop=4, on_update=iterations.append)
    assert iterations == [3, 4]


def test_autoload_of_a_snapshot_of_something_else_is_an_error_that_names_it(make_trainer, result):
    result.mkdir()
    np.savez(result / "snapshot_iter_7.npz", x=1)
    os.rename(result / "snapshot_iter_7.npz", result / "snapshot_iter_7")
    with pytest.raises(KeyError) as caught:
        run(make_trainer, extensions.snapshot(autoload=True))
    assert "snapshot_iter_7; move it away" in caught.value.__notes__[0]


def test_a_snapshot_that_does_not_fit_is_not_overwritten(make_trainer, result):
    result.mkdir()
    with open(result / "latest", "wb") as file:
        np.savez(file, of_another_model=1)
    before = (result / "latest").read_bytes()
    with pytest.raises(KeyError):
        run(make_trainer, extensions.snapshot(filename="latest", autoload=True, snapshot_on_error=True))
    assert (result / "latest").read_bytes() == before


def test_autoload_without_any_file_starts_anew(make_trainer):
    assert run(make_trainer, extensions.snapshot(autoload=True)).updater.iteration == 8


def test_a_failed_write_leaves_the_old_file(make_trainer, result):
    def savefun(path, target):
        with open(path, "wb") as file:
            file.write(b"half")
        if target["iteration"] == 4:
            raise OSError("disk full")

    trainer = make_trainer()
    trainer.extend(extensions.snapshot_object(trainer.updater, "same", savefun), trigger=(2, "iteration"))
    with pytest.raises(OSError, match="disk full"):
        trainer.run(show_loop_exception_msg=False)
    assert names(result) == ["same"]
