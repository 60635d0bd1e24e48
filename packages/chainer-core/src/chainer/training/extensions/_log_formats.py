"""What a log looks like in a file, by the suffix of its name."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TextIO, TypeAlias

from chainer.utils.atomic_file import replacing

Log: TypeAlias = Sequence[Mapping[str, Any]]


def write_log(path: str, log: Log) -> None:
    """Replaces a log file: CSV for ``.csv``, one JSON object a line for ``.jsonl``, else a JSON list."""
    write = _FORMATS.get(os.path.splitext(path)[1].lower(), _write_json)
    with replacing(path) as unfinished, open(unfinished, "w", encoding="utf-8", newline="") as file:
        write(log, file)


def _write_json(log: Log, file: TextIO) -> None:
    json.dump(log, file, indent=4)


def _write_json_lines(log: Log, file: TextIO) -> None:
    for entry in log:
        file.write(json.dumps(entry) + "\n")


def _write_csv(log: Log, file: TextIO) -> None:
    # A value that appears later, of a validation for example, gives a column that is empty before.
    columns = dict.fromkeys(name for entry in log for name in entry)
    writer = csv.DictWriter(file, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(log)


_FORMATS: dict[str, Callable[[Log, TextIO], None]] = {".csv": _write_csv, ".jsonl": _write_json_lines}
