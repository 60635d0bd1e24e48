#!/usr/bin/env python3
"""A cable between two TUN devices, with rate, delay and losses: what ``tc netem`` does, for kernels without it.

Makes the devices, prints a line when they are there, and carries packets from each to the other until it is ended.
"""

import argparse
import contextlib
import fcntl
import heapq
import itertools
import os
import random
import select
import struct
import time

_TUNSETIFF = 0x400454CA
_IFF_TUN_NO_PI = 0x1001  # packets of IP, without a header of the device
_LONGEST_PACKET = 2**16  # bytes
_LONGEST_QUEUE = 0.1  # seconds of sending; what comes then is dropped, as by a switch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs=2, help="names of the devices")
    parser.add_argument("--rate", type=float, required=True, help="bits a second")
    parser.add_argument("--delay", type=float, required=True, help="seconds")
    parser.add_argument("--loss", type=float, required=True, help="share of the packets")
    args = parser.parse_args()
    devices = [make_device(name) for name in args.names]
    print("ready", flush=True)
    carry(devices, args.rate, args.delay, args.loss)


def make_device(name: str) -> int:
    """A new network device; returns what to read and write its packets by."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH", name.encode(), _IFF_TUN_NO_PI))
    return device


def carry(devices: list[int], rate: float, delay: float, loss: float) -> None:
    """Takes packets from each of two devices to the other, for ever."""
    other = dict(zip(devices, reversed(devices), strict=True))
    free = dict.fromkeys(devices, 0.0)  # when all that a device has sent until now is on the cable
    under_way: list[tuple[float, int, int, bytes]] = []  # arrival, order, device, packet
    order, rng = itertools.count(), random.Random(0)
    while True:
        timeout = max(under_way[0][0] - time.monotonic(), 0) if under_way else None
        for device in select.select(devices, [], [], timeout)[0]:
            packet, now = os.read(device, _LONGEST_PACKET), time.monotonic()
            start = max(now, free[device])
            if rng.random() < loss or start - now > _LONGEST_QUEUE:
                continue
            free[device] = start + 8 * len(packet) / rate
            heapq.heappush(under_way, (free[device] + delay, next(order), other[device], packet))
        while under_way and under_way[0][0] <= time.monotonic():
            _, _, device, packet = heapq.heappop(under_way)
            with contextlib.suppress(OSError):  # the device is down
                os.write(device, packet)


if __name__ == "__main__":
    main()
