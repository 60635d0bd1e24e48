#!/usr/bin/env python3
"""Goes on with a training that save.py has saved.

python resume.py result/training.npz
"""

from __future__ import annotations

import argparse
from pathlib import Path

from digits import LOAD, MLP, checksum, make_trainer


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("training", type=Path, help=f"the file; its suffix, one of {', '.join(LOAD)}, says the format")
    add("--epoch", "-e", type=int, default=4, help="the epoch to stop after (default: %(default)s)")
    add("--out", "-o", type=Path, default=Path("result"), help="folder of the log (default: %(default)s)")
    args = parser.parse_args()
    if args.training.suffix not in LOAD:
        parser.error(f"the suffix of the file must be one of {', '.join(LOAD)}, got {args.training}")
    return args


def main() -> None:
    args = parse_args()
    model = MLP()
    trainer = make_trainer(model, args.epoch, args.out)
    LOAD[args.training.suffix](args.training, trainer)
    trainer.run()
    print(f"weights after epoch {args.epoch}: {checksum(model)}")


if __name__ == "__main__":
    main()
