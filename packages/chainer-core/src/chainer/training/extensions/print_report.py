"""Table of the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TextIO

from chainer.serializer import AbstractSerializer
from chainer.training.extension import Extension
from chainer.training.extensions._console import write_line
from chainer.training.extensions.log_report import LogReport

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer


class PrintReport(Extension):
    """Prints entries of a :class:`LogReport` as the rows of a table.

    A resumed training prints the rows of the runs before it first.

    Args:
        entries: Names of the values: the columns. A value that an entry lacks is left blank.
        log_report: Name of the :class:`LogReport` in the trainer, or one that nobody else uses.
        out: Where to print; ``None`` is stdout.
    """

    def __init__(
        self, entries: Sequence[str], log_report: str | LogReport = "LogReport", out: TextIO | None = None
    ) -> None:
        self._entries = list(entries)
        self._log_report = log_report
        self._out = out
        self._log_len = 0
        self._has_header = False
        self._widths = [max(10, len(entry)) for entry in self._entries]

    def initialize(self, trainer: Trainer) -> None:
        """Starts a new table."""
        self._log_len = 0
        self._has_header = False

    def __call__(self, trainer: Trainer) -> None:
        """Prints what the log has got since the last call."""
        if isinstance(self._log_report, str):
            log_report = trainer.get_extension(self._log_report)
        else:
            log_report = self._log_report
            log_report(trainer)
        if not self._has_header:
            self._print(self._entries)
            self._has_header = True
        for entry in log_report.log[self._log_len :]:
            self._print([_show(entry.get(name, "")) for name in self._entries])
            self._log_len += 1

    def _print(self, cells: Sequence[str]) -> None:
        write_line(self._out, "".join(f"{cell:<{width}}  " for cell, width in zip(cells, self._widths)).rstrip())

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Saves or restores the log, if nobody else does."""
        if isinstance(self._log_report, LogReport):
            self._log_report.serialize(serializer["_log_report"])


class PrintReportNotebook(PrintReport):
    """Shows entries of a :class:`LogReport` in a notebook, as a table that grows.

    Args:
        entries: Names of the values: the columns.
        log_report: Name of the :class:`LogReport` in the trainer, or one that nobody else uses.
    """

    def __init__(self, entries: Sequence[str], log_report: str | LogReport = "LogReport") -> None:
        super().__init__(entries, log_report)
        self._rows: list[str] = []
        self._display: Any = None

    def initialize(self, trainer: Trainer) -> None:
        """Starts a new table.

        Raises:
            ImportError: IPython is not installed.
        """
        from IPython.display import HTML, display

        super().initialize(trainer)
        self._rows = []
        self._display = display(HTML(""), display_id=True)

    def _print(self, cells: Sequence[str]) -> None:
        import html

        from IPython.display import HTML

        tag = "td" if self._rows else "th"
        self._rows.append("".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells))
        self._display.update(HTML("<table>" + "".join(f"<tr>{row}</tr>" for row in self._rows) + "</table>"))


def _show(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float | int) else str(value)
