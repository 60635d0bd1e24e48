"""``python -m chainermn.benchmark``: how fast this machine, or cluster, trains on many ranks."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import chainermn
from chainermn._argument_parser import ArgumentParser
from chainermn._mpi import launched_size
from chainermn.benchmark import chart, jobs, report
from chainermn.benchmark.collectives import SIZES, allreduce_timings
from chainermn.benchmark.models import MODELS
from chainermn.benchmark.training import measure_training
from chainermn.communicators import COMMUNICATORS

_EPILOG = """
Started by mpiexec it measures these ranks; with --ranks it starts mpiexec itself, once a number of ranks:

  mpiexec -n 4 python -m chainermn.benchmark --model resnet50 --out four.json
  python -m chainermn.benchmark --ranks 1,2,4 --chart scaling.png
  python -m chainermn.benchmark --plot one.json two.json four.json

It tells how long an allreduce takes by its size, how many items a rank trains a second, and which share of the
communication backward hides: the seconds during which gradients were being averaged while backward ran, over all
seconds during which they were. Give each rank the cores it should have: OMP_NUM_THREADS=1 for one each.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command."""
    parser = make_parser()
    arguments = parser.parse_args(argv)
    try:
        if arguments.plot:
            runs = [run for path in arguments.plot for run in report.read(path)]
            show(runs, None, arguments.chart or Path("scaling.png"))
        elif arguments.ranks:
            if launched_size(os.environ) > 1:
                parser.error("--ranks starts mpiexec itself; leave it out under mpiexec")
            chart.new_figure()  # if it cannot be drawn, say so before measuring
            runs = [run for n in arguments.ranks for run in jobs.run(n, arguments.launcher, forwarded(arguments))]
            show(runs, arguments.out, arguments.chart or Path("scaling.png"))
        else:
            measure(arguments)
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    return 0


def make_parser() -> argparse.ArgumentParser:
    """The options of the command."""
    parser = ArgumentParser(
        prog="python -m chainermn.benchmark",
        description="Measures allreduce and training on many ranks.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    models = "; ".join(f"{name}: {model.summary}" for name, model in MODELS.items())
    add("--model", choices=MODELS, default="resnet50", help=f"what to train (default: %(default)s). {models}")
    add("--communicator", choices=COMMUNICATORS, default="flat", help="how to average (default: %(default)s)")
    add("--batchsize", "-b", type=positive, help="items a step and rank (default: one that suits the model)")
    add("--dtype", choices=["float16", "bfloat16", "float32"], help="of gradients on the wire (default: their own)")
    add("--steps", type=positive, default=20, help="steps to time, of each way to train (default: %(default)s)")
    add("--gpu", "-g", action="store_true", help="use one GPU a process")
    add("--short", action="store_true", help="two steps and two sizes, to see whether it runs")
    add("--ranks", type=numbers, metavar="N,N,...", help="start mpiexec for each of these, and draw the curve")
    add("--launcher", default="mpiexec", help="command that starts jobs, takes -n (default: %(default)s)")
    add("--plot", type=Path, nargs="+", metavar="JSON", help="measure nothing, draw the curve of earlier results")
    add("--out", "-o", type=Path, metavar="JSON", help="where to write what was measured")
    add("--chart", type=Path, metavar="PNG", help="where to draw the curve (default: scaling.png)")
    return parser


def positive(text: str) -> int:
    """A count of at least one."""
    if (count := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {count}")
    return count


def numbers(text: str) -> list[int]:
    """Counts with commas between them."""
    return sorted({positive(part) for part in text.split(",")})


def forwarded(arguments: argparse.Namespace) -> list[str]:
    """The options that tell a job what to measure."""
    options = [f"--{name}" for name in ("gpu", "short") if getattr(arguments, name)]
    for name in ("model", "communicator", "batchsize", "dtype", "steps"):
        if (value := getattr(arguments, name)) is not None:
            options += [f"--{name}", str(value)]
    return options


def measure(arguments: argparse.Namespace) -> None:
    """Measures on the ranks of this job."""
    comm = chainermn.create_communicator(arguments.communicator, allreduce_grad_dtype=arguments.dtype)
    device = f"@cupy:{comm.intra_rank}" if arguments.gpu else "@numpy"
    model = MODELS[arguments.model]
    batchsize = arguments.batchsize or model.batchsize
    steps, sizes = (2, (8, 4096)) if arguments.short else (arguments.steps, SIZES)
    timings = allreduce_timings(comm, sizes, device)
    training = measure_training(comm, model, batchsize, steps, device)
    if comm.rank == 0:
        run = report.Run(
            ranks=comm.size,
            nodes=comm.inter_size,
            communicator=arguments.communicator,
            dtype=arguments.dtype,
            model=arguments.model,
            batchsize=batchsize,
            steps=steps,
            allreduce=timings,
            training=training,
        )
        print(report.describe(run), end="\n\n", flush=True)
        save([run], arguments.out, arguments.chart)


def show(runs: Sequence[report.Run], out: Path | None, picture: Path) -> None:
    """Prints how runs scale, and saves them."""
    print(report.scaling(runs))
    save(runs, out, picture)
    for path in (out, picture):
        if path is not None:
            print(f"wrote {path}", file=sys.stderr)


def save(runs: Sequence[report.Run], out: Path | None, picture: Path | None) -> None:
    """Writes the files that were asked for."""
    if out is not None:
        report.write(runs, out)
    if picture is not None:
        chart.write(runs, picture)


if __name__ == "__main__":
    sys.exit(main())
