"""Prints the prefix under which the wheel of oneDNN has put ``lib/cmake/dnnl``."""

import importlib.metadata
from pathlib import Path


def main() -> None:
    wheel = importlib.metadata.distribution("onednn-devel-cpu-gomp")
    config = next(file for file in wheel.files or () if file.name == "dnnl-config.cmake")
    print(Path(str(config.locate())).resolve().parents[3].as_posix())


if __name__ == "__main__":
    main()
