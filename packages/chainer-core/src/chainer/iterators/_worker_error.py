"""Errors of a dataset that were raised elsewhere than where the batch is waited for."""

from __future__ import annotations


def explain(error: BaseException, index: int, where: str, remote_traceback: str | None = None) -> BaseException:
    """The error to raise where the batch is waited for: the same one, which tells what it was about.

    Args:
        error: What the dataset raised.
        index: Example that was asked for.
        where: Thread or process.
        remote_traceback: Traceback as text if the error comes from another process.
    """
    note = f"raised by the dataset for the example of index {index}, in {where}"
    if remote_traceback is not None:
        note += f":\n{remote_traceback.rstrip()}"
    if isinstance(error, StopIteration | GeneratorExit | KeyboardInterrupt | SystemExit):
        # Raised here, these would end the loop or the program as if all were well.
        replacement = RuntimeError(f"the dataset raised {type(error).__name__}: {error}")
        replacement.__cause__ = error
        error = replacement
    error.add_note(note)
    return error
