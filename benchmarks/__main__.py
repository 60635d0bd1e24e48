"""``python -m benchmarks``: measure chainer beside its peers, in interleaved rounds of one run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import agreement, layers, report, rounds, work
from benchmarks.connection import Worker, WorkerFailure
from benchmarks.peers import PEERS, Peer
from benchmarks.venvs import EnvironmentFailure
from benchmarks.workload import Workload

PROFILE_SECONDS = 1.0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the status is 0 only if all that was asked for was measured, and agrees."""
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] == ["layers"]:
        return layers.main(argv[1:])
    parser = make_parser()
    arguments = parser.parse_args(argv)
    if arguments.list:
        print(listing())
        return 0
    try:
        workloads = [workload for name in arguments.names or work.names() for workload in work.load(name)]
        peers = chosen_peers(arguments.subject, arguments.against)
    except ValueError as error:
        parser.error(str(error))

    if arguments.profile:
        return profile(PEERS[arguments.subject], workloads, arguments.threads)
    facts, missing = gather(peers, arguments.threads)
    present = [peer for peer in peers if peer.name in facts]
    if arguments.short:
        found = [agreement.check(workload, able(workload, present), arguments.threads) for workload in workloads]
        print(report.agreements(found, missing))
        return int(bool(missing) or any(each.failures or each.disagreements() for each in found))

    plan = rounds.Plan(arguments.rounds, arguments.threads, arguments.seconds, arguments.hosts)
    measurements = []
    for workload in workloads:
        print(f"measuring {workload.name}", file=sys.stderr)
        measurements.append(rounds.measure(workload, able(workload, present), plan))
    run = report.Run(arguments.subject, plan, facts, missing, measurements)
    print(report.ratios(run), report.environments(run), sep="\n\n")
    save(run, arguments.out)
    return int(bool(missing) or any(measurement.failures for measurement in measurements))


def make_parser() -> argparse.ArgumentParser:
    """Return the options of the command."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure chainer beside its peers, and tell ratios: below 1 where it takes less than they do.",
        epilog="The interpreter of a peer is the one named by "
        + ", ".join(peer.variable for peer in PEERS.values())
        + "; torch and the last release get an environment under BENCH_CACHE where none is named.",
    )
    parser.add_argument("names", metavar="NAME", nargs="*", help="benchmarks, or FILE/CASE (default: all, see --list)")
    parser.add_argument("--against", default="torch,chainer7", metavar="PEERS", help="commas between (%(default)s)")
    parser.add_argument("--subject", default="chainer", choices=PEERS, help="whose ratios are told (%(default)s)")
    parser.add_argument("--threads", type=positive, default=1, help="of every peer (%(default)s)")
    parser.add_argument("--rounds", type=positive, help="of each peer (default: what suits the benchmark)")
    parser.add_argument("--seconds", type=float, default=0.05, help="least time of one measurement (%(default)s)")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "results", help="folder of the JSON and the chart"
    )
    parser.add_argument(
        "--hosts", action="store_true", help="put ranks on two hosts made here, joined by a gigabit cable; needs root"
    )
    parser.add_argument("--short", action="store_true", help="time nothing: do all run, and do their numbers agree?")
    parser.add_argument("--profile", action="store_true", help="tell where the subject's time goes")
    parser.add_argument("--list", action="store_true", help="list benchmarks and peers")
    return parser


def positive(text: str) -> int:
    """Return a count of at least one."""
    if (count := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {count}")
    return count


def listing() -> str:
    """Return what can be measured, and against whom."""
    workloads = [workload for name in work.names() for workload in work.load(name)]
    return report.table(
        [(workload.name, workload.summary) for workload in workloads]
        + [("", "")]
        + [(peer.name, f"{peer.summary} ({peer.variable})") for peer in PEERS.values()]
    )


def chosen_peers(subject: str, against: str) -> list[Peer]:
    """Return the subject and its peers.

    Raises:
        ValueError: There is no peer of that name.
    """
    names = dict.fromkeys([subject, *(name.strip() for name in against.split(",") if name.strip())])
    for name in names:
        if name not in PEERS:
            raise ValueError(f"--against must name some of {', '.join(PEERS)}, got {name!r}")
    return [PEERS[name] for name in names]


def able(workload: Workload, peers: Sequence[Peer]) -> list[Peer]:
    """Return those of the peers that can take part."""
    return [peer for peer in peers if workload.peers is None or peer.name in workload.peers]


def gather(peers: Sequence[Peer], threads: int) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Return the versions of the peers that can be had, and why the others cannot."""
    facts, missing = {}, {}
    for peer in peers:
        try:
            with Worker(peer, threads) as worker:
                facts[peer.name] = worker.ask("facts")
        except (EnvironmentFailure, WorkerFailure) as error:
            missing[peer.name] = str(error)
    return facts, missing


def profile(subject: Peer, workloads: Sequence[Workload], threads: int) -> int:
    """Print where the subject's time goes; the best of several variants is not looked for."""
    status = 0
    for workload in workloads:
        try:
            with Worker(subject, threads, workload.ranks) as worker:
                worker.ask("facts")
                variant = worker.ask("prepare", case=workload.name)[0]
                rows = worker.ask("profile", variant=variant, seconds=PROFILE_SECONDS)
        except (EnvironmentFailure, WorkerFailure) as error:
            print(f"{workload.name}: {subject.name} FAILED: {error}\n")
            status = 1
        else:
            print(f"{workload.name}: {subject.name} {variant}\n{report.profile(rows)}\n")
    return status


def save(run: report.Run, folder: Path) -> None:
    """Write the JSON and, if matplotlib is installed, the chart."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / f"{run.date:%Y-%m-%dT%H-%M-%S}"
    run.write_json(stem.with_suffix(".json"))
    print(f"\nwrote {stem.with_suffix('.json')}")
    try:
        from benchmarks import chart
    except ImportError as error:
        print(f"no chart: {error}; pip install matplotlib", file=sys.stderr)
        return
    chart.write(run, stem.with_suffix(".png"))
    print(f"wrote {stem.with_suffix('.png')}")


if __name__ == "__main__":
    sys.exit(main())
