#!/usr/bin/env python3
"""Starts an MPI job on two hosts that are made on this machine, joined by a cable of given quality.

    sudo tools/hosts.py --rate 1e9 --delay 1e-3 --loss 1e-3 -n 1 python train_mnist.py

The hosts are namespaces with a network, a host name and processes of their own; the job is started by the mpiexec of
Open MPI beside this Python, ``-n`` processes a host. The delay and the losses come from ``tc netem``, or from
``tools/wire.py`` where the kernel has no netem; a rate alone comes from ``tc tbf``. Needs root, and iproute2.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

_ADDRESSES = ("10.99.0.1", "10.99.0.2")
_DEVICE = "cable"  # name of the network device on each host
_PROGRAMS = {"ip": "iproute2", "tc": "iproute2", "unshare": "util-linux", "hostname": "hostname"}

_AS_ROOT = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}

# How Open MPI starts its daemon on the other host, in place of ssh: called with the address, then the command line.
# Like ssh, it does not notice when the cable is cut.
_AGENT = """#!/bin/sh
shift
ip netns exec {name} unshare --uts --pid --fork --kill-child --mount-proc \\
    sh -c "hostname {name}; export TMPDIR={tmp}; $*"
status=$?
while [ -e {cut} ]; do sleep 0.1; done
exit $status
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cable = Cable()
    parser.add_argument("-n", type=int, default=1, help="processes a host (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=cable.rate, help="bits a second (default: %(default)g)")
    parser.add_argument("--delay", type=float, default=cable.delay, help="seconds (default: %(default)g)")
    parser.add_argument("--loss", type=float, default=cable.loss, help="share of the packets (default: %(default)g)")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="the program and its arguments")
    args = parser.parse_args()
    if reason := missing():
        parser.error(reason)
    # Ended from outside, it leaves by an exception, so that the hosts go with it.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    with tempfile.TemporaryDirectory() as tmp, Hosts(Path(tmp), Cable(args.rate, args.delay, args.loss)) as hosts:
        print(f"two hosts joined by {hosts.cable_kind}", file=sys.stderr)
        return hosts.start(args.n, args.command).wait()


def missing() -> str:
    """Why there can be no hosts here; empty if there can."""
    for program, package in _PROGRAMS.items():
        if not shutil.which(program):
            return f"{program} is not installed: apt install {package}"
    if os.geteuid():
        return "network namespaces need root"
    probe = f"probe-{os.getpid()}"
    if error := attempt("ip", "netns", "add", probe):
        return f"network namespaces cannot be made here: {error}"
    run("ip", "netns", "del", probe)
    return ""


@dataclass(frozen=True, slots=True)
class Cable:
    """Quality of a cable: bits a second, seconds a packet travels in each direction, share of packets that are lost."""

    rate: float = 1e9
    delay: float = 0.0
    loss: float = 0.0


class Hosts:
    """Two hosts, made when entered and gone when left.

    Args:
        directory: For scratch files.
        cable: Quality of what joins them.

    Attributes:
        names: Host names, and names of the network namespaces.
        cable_kind: What makes the quality: ``netem``, ``tbf`` or ``wire.py``.
    """

    def __init__(self, directory: Path, cable: Cable) -> None:
        self.names = [f"host{i}-{os.getpid()}" for i in (0, 1)]
        self.cable_kind = ""
        self._directory = directory
        self._cable = cable
        self._cut = directory / "cut"
        self._wire: subprocess.Popen[str] | None = None

    def __enter__(self) -> Hosts:
        try:
            for name in self.names:
                run("ip", "netns", "add", name)
                (self._directory / name).mkdir()
            self._lay_cable()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        while processes := self.processes():
            for pid in processes:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.05)
        if self._wire is not None:
            self._wire.kill()
            self._wire.communicate()
        for name in self.names:
            attempt("ip", "netns", "del", name)

    def start(self, n: int, command: Sequence[str | Path], stdout: IO[Any] | None = None) -> subprocess.Popen[str]:
        """Starts a job with ``n`` processes on each host; what it prints, errors included, goes to ``stdout``."""
        agent = self._directory / "agent"
        agent.write_text(_AGENT.format(name=self.names[1], tmp=self._directory / self.names[1], cut=self._cut))
        agent.chmod(0o755)
        network = f"{_ADDRESSES[0]}/24"
        options = ["--host", ",".join(f"{address}:{n}" for address in _ADDRESSES), "-n", str(2 * n)]
        # Each host believes that all cores are its own: bound to them, the first ranks of both would share one.
        options += ["--bind-to", "none"]
        options += ["--prtemca", "plm_ssh_agent", str(agent), "--prtemca", "prte_if_include", network]
        options += ["--mca", "btl", "tcp,sm,self", "--mca", "btl_tcp_if_include", network]
        options += [part for name in os.environ if name.startswith("CHAINERMN_") for part in ("-x", name)]
        mpiexec = Path(sys.executable).with_name("mpiexec")
        name = self.names[0]
        become_host = ["unshare", "--uts", "sh", "-c", f'hostname {name}; exec "$@"', "sh"]
        return subprocess.Popen(
            [*self.inside(0), *become_host, mpiexec, *options, *command],
            env=os.environ | _AS_ROOT | {"TMPDIR": str(self._directory / name)},
            stdout=stdout,
            stderr=None if stdout is None else subprocess.STDOUT,
            text=True,
        )

    def inside(self, index: int) -> list[str]:
        """What to put before a command, so that it runs on a host."""
        return ["ip", "netns", "exec", self.names[index]]

    def processes(self) -> list[int]:
        """What runs on the hosts."""
        listed = [subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True) for name in self.names]
        return [int(pid) for result in listed for pid in result.stdout.split()]

    def cut(self) -> None:
        """Cuts the cable: from now on packets vanish."""
        self._cut.touch()
        if self._wire is not None:
            self._wire.send_signal(signal.SIGSTOP)
        else:
            run("ip", "-n", self.names[0], "link", "set", _DEVICE, "down")

    def _lay_cable(self) -> None:
        cable = self._cable
        first, second = self.names
        ends = [_DEVICE, "netns", first, "type", "veth", "peer", "name", _DEVICE, "netns", second]
        run("ip", "link", "add", *ends)
        if cable.delay or cable.loss:
            self.cable_kind = "netem"
            shape = ["delay", f"{1e3 * cable.delay}ms", "loss", f"{cable.loss:.4%}", "rate", f"{cable.rate:.0f}bit"]
        else:
            self.cable_kind = "tbf"
            shape = ["rate", f"{cable.rate:.0f}bit", "burst", "128k", "latency", "50ms"]
        for index in (0, 1):
            if attempt(*self.inside(index), "tc", "qdisc", "add", "dev", _DEVICE, "root", self.cable_kind, *shape):
                run(*self.inside(0), "ip", "link", "del", _DEVICE)
                self.cable_kind = "wire.py"
                self._start_wire()
                break
        for name, address in zip(self.names, _ADDRESSES, strict=True):
            run("ip", "-n", name, "addr", "add", f"{address}/24", "dev", _DEVICE)
            run("ip", "-n", name, "link", "set", _DEVICE, "up")
            run("ip", "-n", name, "link", "set", "lo", "up")

    def _start_wire(self) -> None:
        cable = self._cable
        devices = [f"cable{i}-{os.getpid()}" for i in (0, 1)]
        options = [f"--rate={cable.rate}", f"--delay={cable.delay}", f"--loss={cable.loss}"]
        command = [sys.executable, str(Path(__file__).with_name("wire.py")), *devices, *options]
        self._wire = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._wire.stdout is not None
        if not self._wire.stdout.readline():
            raise RuntimeError("wire.py cannot make its devices; its message is above")
        for name, device in zip(self.names, devices, strict=True):
            run("ip", "link", "set", device, "mtu", "9000", "netns", name, "name", _DEVICE)


def run(*command: str) -> None:
    """Runs a command that has to succeed."""
    if error := attempt(*command):
        raise RuntimeError(f"{' '.join(command)}: {error}")


def attempt(*command: str) -> str:
    """Runs a command; returns what it says if it fails."""
    result = subprocess.run(command, capture_output=True, text=True)
    return (result.stderr.strip() or f"status {result.returncode}") if result.returncode else ""


if __name__ == "__main__":
    sys.exit(main())
