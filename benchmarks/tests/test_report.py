"""From rounds to ratios, tables, files and an exit status."""

import json
from dataclasses import replace

import pytest

from benchmarks.__main__ import main
from benchmarks.agreement import Agreement, distance
from benchmarks.measurement import Measurement, Ratio
from benchmarks.peers import PEERS
from benchmarks.report import Run, quantity, ratios, table
from benchmarks.rounds import Plan


def test_ratios_are_taken_within_a_round_and_to_the_best_variant():
    rounds = {"chainer": {"eager": [1.0, 2.0, 4.0]}, "torch": {"slow": [9.0, 9.0, 9.0], "fast": [2.0, 2.0, 2.0]}}
    measurement = Measurement("case", "s", rounds=rounds)
    assert measurement.best("torch") == "fast"
    assert measurement.ratio("chainer", "torch") == Ratio(0.5, 1.0, 2.0)
    assert measurement.ratio("chainer", "chainer7") is None


def test_the_aim_is_told_beside_the_best_peer():
    rounds = {name: {"eager": [value] * 2} for name, value in (("chainer", 1.0), ("torch", 3.0), ("chainer7", 2.0))}
    measurement = Measurement("case", "s", aim=0.75, rounds=rounds)
    run = Run("chainer", Plan(None, 1, 0.05), dict.fromkeys(rounds, {}), {}, [measurement])
    lines = ratios(run).splitlines()
    assert ["0.75" in line for line in lines if line.startswith("case")] == [False, True]
    assert measurement.count() == 2


def test_numbers_that_differ_are_told():
    agreement = Agreement(
        "case", {"a": [[1.0, 0.5]], "b": [[1.0, 0.50001]], "c": [[1.0, 0.6]], "d": [[1.0, float("nan")]]}
    )
    assert set(agreement.disagreements()) == {"c", "d"}


def test_fingerprints_of_different_length_are_no_match():
    assert distance([[1.0, 1.0]], []) == float("inf")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (2.5, "s", "2.5 s"),
        (0.0025, "s", "2.5 ms"),
        (2.5e-6, "s", "2.5 us"),
        (2.5e-8, "s", "25 ns"),
        (2**21, "B", "2 MiB"),
    ],
)
def test_a_quantity_has_the_prefix_that_suits_it(value, unit, text):
    assert quantity(value, unit) == text


def test_a_row_that_ends_early_does_not_widen_the_table():
    assert table([("a", "b", "c"), ("x", "a long remark"), ("dd", "e", "f")]) == "a   b  c\nx   a long remark\ndd  e  f"


@pytest.fixture
def twin(monkeypatch):
    """A peer that is our own side under another name: the one peer that is always there."""
    monkeypatch.setitem(PEERS, "twin", replace(PEERS["chainer"], name="twin"))


def test_a_run_prints_ratios_and_leaves_files(twin, tmp_path, capsys):
    options = ["--against", "twin", "--rounds", "2", "--seconds", "0.001", "--out", str(tmp_path)]
    assert main(["chain", *options]) == 0
    assert "chain      twin" in capsys.readouterr().out
    (path,) = tmp_path.glob("*.json")
    found = json.loads(path.read_text())
    (measurement,) = found["measurements"]
    assert [len(rounds) for peer in measurement["rounds"].values() for rounds in peer.values()] == [2, 2]
    assert 0.05 < measurement["ratios"]["twin"]["median"] < 20
    assert found["peers"]["chainer"]["numpy"]
    assert list(tmp_path.glob("*.png"))


def test_the_short_mode_compares_numbers(twin, capsys):
    assert main(["chain", "--short", "--against", "twin"]) == 0
    assert "twin eager     agree" in capsys.readouterr().out


def test_a_peer_that_cannot_be_had_is_told(monkeypatch, capsys):
    monkeypatch.setenv("BENCH_TORCH_PYTHON", "/no/such/python")
    assert main(["chain", "--short", "--against", "torch"]) == 1
    assert "MISSING: BENCH_TORCH_PYTHON names /no/such/python" in capsys.readouterr().out


def test_a_profile_names_our_functions(capsys):
    assert main(["chain", "--profile"]) == 0
    assert "chainer/" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "benchmark must be one of"),
        (["--against", "nobody"], "got 'nobody'"),
        (["--rounds", "0"], "at least 1"),
    ],
)
def test_refuses_what_it_does_not_know(arguments, message, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert message in capsys.readouterr().err


def test_lists_benchmarks_and_peers(capsys):
    assert main(["--list"]) == 0
    out = capsys.readouterr().out
    assert "gradient_penalty" in out
    assert "BENCH_CHAINER7_IDEEP_PYTHON" in out
