"""How exact are the gradients of whole networks? Those in float32, with kernels and without, beside float64.

    python -m benchmarks.gradients ResNet50 GoogLeNetBN --batch-size 8 --image-size 224 --batches 4

prints the relative error of all gradients together, and of the parameter that is worst, for each of some minibatches.
What is wrong by rounding turns rectifiers on and off, and all below them changes: one minibatch says little.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

import chainer
import chainer.functions as F
import numpy as np

from benchmarks.work import _networks_chainer
from benchmarks.work._data import labels, normal
from benchmarks.work._networks import N_CLASS
from benchmarks.work._parameters import Parameters

Gradients = dict[str, np.ndarray]


def gradients(network: str, batch_size: int, image_size: int, dtype: Any, kernels: bool, batch: int = 0) -> Gradients:
    """Return the gradients of the loss of one minibatch, by the path of the parameter."""
    model = getattr(_networks_chainer, network)(Parameters(), image_size, N_CLASS)
    for param in model.params():
        param.array = param.array.astype(dtype)
    for link in model.links():
        if isinstance(link, chainer.links.BatchNormalization):
            link.avg_mean, link.avg_var = link.avg_mean.astype(dtype), link.avg_var.astype(dtype)
    model.cleargrads()
    x = normal(200 + batch, batch_size, 3, image_size, image_size).astype(dtype)
    with chainer.using_config("use_ideep", "auto" if kernels else "never"):
        F.softmax_cross_entropy(model(x), labels(300 + batch, batch_size, N_CLASS)).backward()
    return {path: param.grad for path, param in model.namedparams()}


def errors(found: Gradients, exact: Gradients) -> dict[str, float]:
    """Return the relative error of each gradient, and under the empty path that of all together."""
    differences = {path: np.linalg.norm(found[path] - exact[path]) for path in exact}
    norms = {path: np.linalg.norm(exact[path]) for path in exact}
    differences[""], norms[""] = (np.linalg.norm(list(each.values())) for each in (differences, norms))
    return {path: float(differences[path] / norms[path]) for path in norms}


def compare(
    network: str, batch_size: int, image_size: int, batch: int = 0
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the errors of the gradients with kernels, and of those without."""
    exact = gradients(network, batch_size, image_size, np.float64, False, batch)
    with_kernels, plain = (gradients(network, batch_size, image_size, np.float32, on, batch) for on in (True, False))
    return errors(with_kernels, exact), errors(plain, exact)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=["ResNet50", "GoogLeNetBN"])
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--batches", type=int, default=1, help="how many minibatches (default: %(default)s)")
    arguments = parser.parse_args(argv)
    for network in arguments.networks:
        for batch in range(arguments.batches):
            compared = compare(network, arguments.batch_size, arguments.image_size, batch)
            for name, found in zip(("kernels", "plain"), compared):
                worst = max(found, key=lambda path: found[path])
                print(f"{network} {name}: {found['']:.2e} of all, at worst {found[worst]:.2e} of {worst}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
