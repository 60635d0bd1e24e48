"""Every kind of table reads the rows and columns it is asked for, and tells what it is."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest
from chainer.dataset import TabularDataset, tabular
from hypothesis import given
from hypothesis import strategies as st


class Table(TabularDataset):
    """Four rows of two columns, ``10 * row + column``; keeps a list of what was read."""

    def __init__(self, mode=tuple):
        self._mode = mode
        self.reads = []

    def __len__(self):
        return 4

    @property
    def keys(self):
        return ("a", "b")

    @property
    def mode(self):
        return self._mode

    def get_examples(self, indices, key_indices):
        self.reads.append((indices, key_indices))
        rows = range(4)[indices] if isinstance(indices, slice) else range(4) if indices is None else indices
        return tuple([10 * row + k for row in rows] for k in ((0, 1) if key_indices is None else key_indices))


def join(table):
    return table.join(tabular.from_data({"c": [0, 1, 2, 3]}))


# Makers of tables from Table(tuple), with their keys and rows.
TABLES = {
    "itself": (lambda t: t, "ab", [(0, 1), (10, 11), (20, 21), (30, 31)]),
    "delegate": (tabular.DelegateDataset, "ab", [(0, 1), (10, 11), (20, 21), (30, 31)]),
    "asdict": (lambda t: t.asdict(), "ab", [{"a": 10 * i, "b": 10 * i + 1} for i in range(4)]),
    "astuple": (lambda t: t.asdict().astuple(), "ab", [(0, 1), (10, 11), (20, 21), (30, 31)]),
    "slice": (lambda t: t.slice[1:3], "ab", [(10, 11), (20, 21)]),
    "slice backwards": (lambda t: t.slice[::-1].slice[1:3], "ab", [(20, 21), (10, 11)]),
    "slice to nothing": (lambda t: t.slice[::-1].slice[4:], "ab", []),
    "slice by list": (lambda t: t.slice[[3, -4, 3]], "ab", [(30, 31), (0, 1), (30, 31)]),
    "slice by nothing": (lambda t: t.slice[[]], "ab", []),
    "slice by mask": (lambda t: t.slice[[True, False, False, True]], "ab", [(0, 1), (30, 31)]),
    "slice by array mask": (lambda t: t.slice[np.array([True, False, False, True])], "ab", [(0, 1), (30, 31)]),
    "slice of slice": (lambda t: t.slice[[1, 1, 3]].slice[1:], "ab", [(10, 11), (30, 31)]),
    "slice of slice by list": (lambda t: t.slice[::2].slice[[1]], "ab", [(20, 21)]),
    "columns": (lambda t: t.slice[:2, ("b", "a")], "ba", [(1, 0), (11, 10)]),
    "columns of columns": (lambda t: t.slice[:, ("b", "a")].slice[2:, (1,)], "a", [(20,), (30,)]),
    "column": (lambda t: t.slice[2:, "b"], "b", [21, 31]),
    "column by position": (lambda t: t.slice[2:, -1], "b", [21, 31]),
    "concat": (lambda t: t.slice[:1].concat(t.slice[3:], t.slice[1:2]), "ab", [(0, 1), (30, 31), (10, 11)]),
    "concat of one": (lambda t: t.concat(), "ab", [(0, 1), (10, 11), (20, 21), (30, 31)]),
    "concat with nothing": (lambda t: t.slice[:0].concat(t.slice[:1]), "ab", [(0, 1)]),
    "join": (join, "abc", [(0, 1, 0), (10, 11, 1), (20, 21, 2), (30, 31, 3)]),
    "join of columns": (
        lambda t: t.slice[:, "a"].join(t.slice[:, ("b",)]),
        "ab",
        [(0, 1), (10, 11), (20, 21), (30, 31)],
    ),
    "transform": (
        lambda t: t.transform(("s", "d"), lambda a, b: (a + b, b - a)),
        "sd",
        [(20 * i + 1, 1) for i in range(4)],
    ),
    "transform to dict": (
        lambda t: t.asdict().transform(("s", "d"), lambda a, b: {"d": b - a, "s": a + b}),
        "sd",
        [{"s": 20 * i + 1, "d": 1} for i in range(4)],
    ),
    "transform to value": (lambda t: t.transform("s", lambda a, b: a + b), "s", [20 * i + 1 for i in range(4)]),
    "transform of value": (
        lambda t: t.slice[:, "a"].transform(("s",), lambda a: (a + 1,)),
        "s",
        [(10 * i + 1,) for i in range(4)],
    ),
    "transform to bare value": (lambda t: t.transform(("s",), lambda a, b: a + b), "s", [20 * i + 1 for i in range(4)]),
    "transform_batch": (
        lambda t: t.transform_batch(("s", "b"), lambda a, b: ([x + 1 for x in a], b)),
        "sb",
        [(10 * i + 1, 10 * i + 1) for i in range(4)],
    ),
    "transform_batch to value": (lambda t: t.transform_batch("s", lambda a, b: a), "s", [0, 10, 20, 30]),
    "with_converter": (lambda t: t.with_converter(max), "ab", [(0, 1), (10, 11), (20, 21), (30, 31)]),
}


@pytest.fixture(params=TABLES)
def case(request):
    make, keys, rows = TABLES[request.param]
    return make(Table()), tuple(keys), rows


def columns_of(rows, n_keys):
    parts = [
        tuple(row.values()) if isinstance(row, dict) else row if isinstance(row, tuple) else (row,) for row in rows
    ]
    return [[part[k] for part in parts] for k in range(n_keys)]


def test_keys_length_and_mode(case):
    table, keys, rows = case
    assert table.keys == keys
    assert len(table) == len(rows)
    if rows:
        assert table.mode is (type(rows[0]) if isinstance(rows[0], tuple | dict) else None)


def test_rows(case):
    table, _, rows = case
    assert list(table) == rows
    assert table[:] == rows
    assert [table[i] for i in range(len(rows))] == rows


def test_fetch_gives_columns(case):
    table, keys, rows = case
    columns = columns_of(rows, len(keys))
    expected = {dict: dict(zip(keys, columns)), tuple: tuple(columns), None: columns[0]}[table.mode]
    assert table.fetch() == expected


@pytest.mark.parametrize(
    "indices", [None, slice(1, None), slice(None, None, -1), slice(2, 0, -2), [1, 0, 1], []], ids=str
)
def test_reads_any_rows_and_columns(case, indices):
    table, keys, rows = case
    if isinstance(indices, list) and len(rows) <= max(indices, default=-1):
        indices = [0] * bool(rows)
    expected_rows = (
        rows if indices is None else rows[indices] if isinstance(indices, slice) else [rows[i] for i in indices]
    )
    columns = columns_of(expected_rows, len(keys))
    for key_indices in [None, *itertools.permutations(range(len(keys))), (0,)]:
        examples = table.get_examples(indices, key_indices)
        assert isinstance(examples, tuple)
        wanted = range(len(keys)) if key_indices is None else key_indices
        assert [list(column) for column in examples] == [columns[k] for k in wanted]


def test_arrays_stay_arrays_and_are_read_as_such():
    x = np.arange(5)
    table = tabular.from_data({"x": x})
    assert table.fetch()["x"] is x
    np.testing.assert_array_equal(table.slice[[3, 1]].fetch()["x"], [3, 1])
    assert np.shares_memory(table.slice[1:].fetch()["x"], x)


# Rows as in chainer 7.8.1, but for the end of a slice, which is as near as can be.
READS = {
    "all": (lambda t: t.fetch(), [(None, None)]),
    "slice": (lambda t: t.slice[1:3].fetch(), [(slice(1, 3), None)]),
    "backwards": (lambda t: t.slice[::-1].slice[1:3].fetch(), [(slice(2, 0, -1), None)]),
    "list": (lambda t: t.slice[::2].slice[[1]].fetch(), [([2], None)]),
    "column": (lambda t: t.slice[:, "a"].fetch(), [(slice(None), (0,))]),
    "one row": (lambda t: t[1], [([1], None)]),
    "a part of a concat": (lambda t: t.concat(t).slice[[1, 2]].fetch(), [([1, 2], None)]),
    "both parts of a concat": (
        lambda t: t.concat(t).slice[::3].fetch(),
        [(slice(0, 4, 3), None), (slice(2, 3, 3), None)],
    ),
    "a part of a join": (lambda t: join(t).slice[:, ("c",)].fetch(), []),
    "a column of a join": (lambda t: join(t).slice[:, ("c", "b")].fetch(), [(slice(None), (1,))]),
}


@pytest.mark.parametrize("name", READS)
def test_reads_no_more_than_needed(name):
    read, expected = READS[name]
    table = Table()
    read(table)
    assert table.reads == expected


@given(st.lists(st.integers(0, 4), min_size=1, max_size=4), st.data())
def test_a_concat_is_a_list(sizes, data):
    rows = list(range(sum(sizes)))
    bounds = np.cumsum([0, *sizes])
    parts = [tabular.from_data(("x", rows[a:b])) for a, b in itertools.pairwise(bounds)]
    table = parts[0].concat(*parts[1:])
    index = data.draw(st.slices(len(rows)))
    assert list(table.slice[index].fetch()) == rows[index]
    if rows:
        chosen = data.draw(st.lists(st.integers(0, len(rows) - 1)))
        assert list(table.slice[chosen].fetch()) == chosen


def test_convert_makes_arrays():
    table = Table()
    for x, expected in zip(table.convert(table.fetch()), ([0, 10, 20, 30], [1, 11, 21, 31])):
        assert isinstance(x, np.ndarray)
        np.testing.assert_array_equal(x, expected)
    assert set(table.asdict().convert({"a": [1]})) == {"a"}
    assert table.convert(["x", "y"]).dtype == "<U1"
    assert table.convert([np.zeros(2), np.zeros(2)]).shape == (2, 2)
    assert table.convert([np.zeros(2), np.zeros(3)]).dtype == object


@pytest.mark.parametrize(
    "make", [lambda t: t, lambda t: t.slice[1:], lambda t: t.concat(t), join, lambda t: t.transform("z", min)]
)
def test_a_converter_stays_with_the_tables_made_from_it(make):
    table = make(Table().with_converter(lambda *columns, **by_key: (columns, by_key)))
    assert table.convert((1, 2)) == ((1, 2), {})
    assert table.convert({"a": 1}) == ((), {"a": 1})
    assert table.convert([1, 2]) == (([1, 2],), {})


def test_a_table_travels():
    table = pickle.loads(pickle.dumps(tabular.from_data({"x": [1, 2, 3]}).slice[1:].astuple()))
    assert list(table) == [(2,), (3,)]


def pair(i):
    return i, -i


FROM_DATA = {
    "array": (np.arange(3), None, [0, 1, 2]),
    "list": ([5, 6, 7], None, [5, 6, 7]),
    "named": (("x", [5, 6]), ("x",), [5, 6]),
    "tuple": ((np.arange(2), "ab"[0:0] or ["a", "b"]), None, [(0, "a"), (1, "b")]),
    "named tuple": ((("x", [1, 2]), ("y", [3, 4])), ("x", "y"), [(1, 3), (2, 4)]),
    "tuple of one": (([1, 2],), None, [(1,), (2,)]),
    "dict": ({"x": [1, 2], "y": [3, 4]}, ("x", "y"), [{"x": 1, "y": 3}, {"x": 2, "y": 4}]),
    "functions": ({"x": [1, 2], "y": lambda i: 10 * i}, ("x", "y"), [{"x": 1, "y": 0}, {"x": 2, "y": 10}]),
    "function of several": (
        {"x": [1, 2], ("p", "q"): pair},
        ("x", "p", "q"),
        [{"x": 1, "p": 0, "q": 0}, {"x": 2, "p": 1, "q": -1}],
    ),
    "function in a tuple": (([1, 2], (("p", "q"), pair)), None, [(1, 0, 0), (2, 1, -1)]),
    "twice the same": (([1, 2],) * 2, None, [(1, 1), (2, 2)]),
    "list of lists": ([[1, 2], [3, 4]], None, [[1, 2], [3, 4]]),
    "a table among columns": (
        {"x": Table(), "y": list("abcd")},
        ("a", "b", "y"),
        [{"a": 10 * i, "b": 10 * i + 1, "y": "abcd"[i]} for i in range(4)],
    ),
}


@pytest.mark.parametrize("name", FROM_DATA)
def test_from_data(name):
    data, keys, rows = FROM_DATA[name]
    table = tabular.from_data(data)
    assert list(table) == rows
    if keys is not None:
        assert table.keys == keys
    assert len(set(table.keys)) == len(table.keys)


def test_from_functions_alone():
    table = tabular.from_data(("z", lambda i: 3 * i), size=4)
    assert (len(table), table.keys, table.mode) == (4, ("z",), None)
    assert table.slice[[3, 1]].fetch() == [9, 3]


REFUSED = {
    "different lengths": (lambda t: tabular.from_data(([1], [1, 2])), ValueError, r"same length, got \[1, 2\]"),
    "function without key": (lambda t: tabular.from_data(([1], abs)), ValueError, "needs its key"),
    "function without size": (lambda t: tabular.from_data({"x": abs}), ValueError, "size must be given"),
    "no columns": (lambda t: tabular.from_data({}), ValueError, "at least one column"),
    "a number": (lambda t: tabular.from_data(3), TypeError, "a column must be a list, .* got int"),
    "a string": (lambda t: tabular.from_data("abc"), TypeError, "got str"),
    "keys twice": (lambda t: t.join(t), ValueError, "keys must be unique"),
    "join of lengths": (lambda t: t.join(tabular.from_data({"x": [1]})), ValueError, "same length"),
    "concat of keys": (lambda t: t.concat(t.slice[:, ("b", "a")]), ValueError, "same keys in the same order"),
    "no such key": (lambda t: t.slice[:, "w"], KeyError, "there is no key 'w'; the keys are a, b"),
    "no such column": (lambda t: t.slice[:, 2], IndexError, "index 2 is out of bounds for keys with size 2"),
    "no such row": (lambda t: t.slice[[4]], IndexError, "index 4 is out of bounds for dataset with size 4"),
    "no such negative row": (lambda t: t.slice[[-5]], IndexError, "index -5 is out of bounds"),
    "no such row of a concat": (
        lambda t: t.concat(t)[8],
        IndexError,
        "index 8 is out of bounds for dataset with size 8",
    ),
    "short mask": (lambda t: t.slice[[True]], ValueError, "mask of rows must be as long as the dataset, 4"),
    "one row": (lambda t: t.slice[2], TypeError, "a list or an array of indices"),
    "three indices": (lambda t: t.slice[:, "a", "b"], ValueError, "got 3 indices"),
    "too few values": (lambda t: t.transform(("s", "d"), lambda a, b: (a,))[0], ValueError, "must return 2 values"),
    "a bare value for two keys": (
        lambda t: t.transform(("s", "d"), lambda a, b: a)[0],
        ValueError,
        "must return 2 values",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refuses(name):
    make, error, match = REFUSED[name]
    with pytest.raises(error, match=match):
        make(Table())


def test_the_base_class_has_nothing():
    table = TabularDataset()
    for read in (lambda: table.keys, lambda: table.mode, lambda: len(table), lambda: table.get_examples(None, None)):
        with pytest.raises(NotImplementedError):
            read()
