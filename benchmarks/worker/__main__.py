"""Answer requests, one JSON object a line: ``{"do": NAME, ...}`` in, ``{"value": ...}`` or ``{"error": ...}`` out.

Usage: ``python -m benchmarks.worker FRAMEWORK THREADS``, as `benchmarks.connection` starts it. All of several ranks do
what is asked, and the first one answers.
"""

from __future__ import annotations

import json
import os
import sys
import traceback

from benchmarks.worker.ranks import rank, requests
from benchmarks.worker.session import Session


def main(framework: str, threads: int) -> None:
    # A framework that prints would garble the replies: standard output becomes standard error for all but us.
    with os.fdopen(os.dup(1), "w") as replies:
        os.dup2(2, 1)
        session = Session(framework, threads)
        for line in requests():
            request = json.loads(line)
            try:
                reply = {"value": getattr(session, request.pop("do"))(**request)}
            except Exception as error:  # whatever a framework raises is an answer
                traceback.print_exc()
                reply = {"error": "".join(traceback.format_exception_only(type(error), error)).strip()}
            if rank() == 0:
                print(json.dumps(reply), file=replies, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
