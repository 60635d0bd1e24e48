"""Fetching a file from the first address that has it: resumed, verified, complete or not there."""

from __future__ import annotations

import hashlib
import http.client
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from chainer.dataset._download_error import DownloadError

_CHUNK = 1 << 20
_TIMEOUT = 30  # seconds without a byte
_ATTEMPTS = 3  # at one address, each going on where the last one broke off
_SCHEMES = ("http", "https", "ftp", "file")


class _Unusable(Exception):
    """What an address served is not the file."""


def fetch(url: str, addresses: Sequence[str], target: Path, digest: str | None) -> None:
    """Brings the file published as ``url`` to ``target``.

    Args:
        url: Address under which the file was published; it names the file in messages.
        addresses: Where to try, in order.
        target: File to make. Beside it lies ``*.part`` while the transfer is not complete.
        digest: ``sha256:...`` or ``md5:...`` that the content must have, if known.

    Raises:
        ValueError: An address is not one that can be fetched from.
        DownloadError: No address has the file.
    """
    for address in addresses:
        if urllib.parse.urlsplit(address).scheme not in _SCHEMES:
            raise ValueError(f"unknown url type: {address!r}; expected one of {', '.join(_SCHEMES)}")
    failures: list[str] = []
    error: Exception | None = None
    for address in addresses:
        print(f"Downloading from {address}...", file=sys.stderr, flush=True)
        try:
            _fetch_from(address, target, digest)
            return
        except (OSError, http.client.HTTPException, _Unusable) as failure:
            error = failure
            failures.append(f"  {address}: {failure}")
    name = urllib.parse.urlsplit(url).path.rpartition("/")[2] or url
    raise DownloadError(
        f"cannot download {name}; tried\n" + "\n".join(failures) + "\n"
        f"to place it by hand, fetch {url} on another machine and save it as\n  {target}"
    ) from error


def _fetch_from(address: str, target: Path, digest: str | None) -> None:
    # The address belongs to the name: what one mirror began must not be completed by another.
    tag = hashlib.md5(address.encode(), usedforsecurity=False).hexdigest()[:8]
    part = target.with_name(f"{target.name}.{tag}.part")
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            _receive(address, part)
            break
        except urllib.error.HTTPError:
            raise
        except (OSError, http.client.HTTPException):
            if attempt == _ATTEMPTS or not part.exists():
                raise
    try:
        _verify(part, digest)
    except _Unusable:
        _discard(part)
        raise
    os.replace(part, target)
    _validator_of(part).unlink(missing_ok=True)


def _receive(address: str, part: Path) -> None:
    request = urllib.request.Request(address, headers={"User-Agent": "chainer"})
    validator = _validator_of(part)
    start = part.stat().st_size if part.exists() and validator.exists() else 0
    if start:
        # If-Range makes a server whose file has changed since send all of it again.
        request.add_header("Range", f"bytes={start}-")
        request.add_header("If-Range", validator.read_text())
    try:
        response = urllib.request.urlopen(request, timeout=_TIMEOUT)
    except urllib.error.HTTPError as error:
        if start and error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            error.close()
            _discard(part)  # longer than the file, or complete but never verified: begin again
            return _receive(address, part)
        error.close()
        raise
    with response:
        resumed = getattr(response, "status", None) == http.HTTPStatus.PARTIAL_CONTENT
        if not resumed:
            start = 0
            _remember_validator(validator, response)
        length = response.headers.get("Content-Length")
        expected = None if length is None else start + int(length)
        _store(response, part, start, expected)
    received = part.stat().st_size
    if expected is not None and received < expected:
        raise ConnectionError(f"the connection broke off after {received} of {expected} bytes")


def _store(response: Any, part: Path, start: int, expected: int | None) -> None:
    # disable=None: a bar on a terminal, silence elsewhere.
    bar = tqdm(total=expected, initial=start, unit="B", unit_scale=True, disable=None, leave=False)
    with bar, open(part, "ab" if start else "wb") as file:
        while chunk := response.read1(_CHUNK) if hasattr(response, "read1") else response.read(_CHUNK):
            file.write(chunk)
            bar.update(len(chunk))
        file.flush()
        os.fsync(file.fileno())


def _validator_of(part: Path) -> Path:
    return part.with_name(part.name + ".validator")


def _remember_validator(path: Path, response: Any) -> None:
    etag = response.headers.get("ETag", "")
    # A weak ETag promises equal meaning, not equal bytes.
    validator = etag if etag and not etag.startswith("W/") else response.headers.get("Last-Modified")
    if validator:
        path.write_text(validator)
    else:
        path.unlink(missing_ok=True)


def _discard(part: Path) -> None:
    part.unlink(missing_ok=True)
    _validator_of(part).unlink(missing_ok=True)


def _verify(path: Path, digest: str | None) -> None:
    if digest is None:
        return
    algorithm, _, expected = digest.partition(":")
    with open(path, "rb") as file:
        actual = hashlib.file_digest(file, algorithm).hexdigest()
    if actual != expected:
        raise _Unusable(f"the {algorithm} of what came is {actual}, expected {expected}")
