"""Downloads from a server on this machine, which can be told to misbehave."""

from __future__ import annotations

import hashlib
import http.server
import os
import pathlib
import re
import subprocess
import sys
import threading

import numpy as np
import pytest
from chainer.dataset import (
    _sources,
    cache_or_load_file,
    cached_download,
    download,
    get_dataset_directory,
    get_dataset_root,
    set_dataset_root,
)

PUBLISHED = "http://data.invalid/set/"
CONTENT = np.random.RandomState(0).bytes(300_000)


class Server(http.server.ThreadingHTTPServer):
    """Serves ``files``; breaks a connection after ``limits[path]`` bytes, once for each entry."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {}
        self.limits = {}
        self.requests = []
        self.ranges = True
        self.etag = '"1"'

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}/"


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        server = self.server
        wanted = self.headers.get("Range")
        server.requests.append((self.path, wanted))
        content = server.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        start = 0
        if wanted and server.ranges and self.headers.get("If-Range") in (None, server.etag):
            start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1])
            if start >= len(content):
                self.send_error(416)
                return
            self.send_response(206)
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(content) - start))
        if server.etag:
            self.send_header("ETag", server.etag)
        self.end_headers()
        limits = server.limits.get(self.path)
        self.wfile.write(content[start:][: limits.pop(0) if limits else None])


@pytest.fixture
def server():
    with Server() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(autouse=True)
def root(tmp_path):
    before = get_dataset_root()
    set_dataset_root(tmp_path / "root")
    yield tmp_path / "root"
    set_dataset_root(before)


@pytest.fixture
def mirrors(server, monkeypatch):
    """Sets the mirrors of the published address to folders of the server."""
    monkeypatch.setattr(_sources, "_mirrors", dict(_sources._mirrors))
    monkeypatch.setattr(_sources, "_DIGESTS", {PUBLISHED + "f": f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"})

    def set_folders(*folders):
        download.set_mirrors(PUBLISHED, [server.address + folder for folder in folders])

    return set_folders


def read(path):
    with open(path, "rb") as file:
        return file.read()


def files_under(root):
    return sorted(path.name for path in root.rglob("*") if path.is_file() and not path.name.endswith("lock"))


# Where things are


def test_root_comes_from_the_environment(tmp_path):
    code = "from chainer.dataset import get_dataset_root; print(get_dataset_root())"
    for variables, expected in (
        ({"CHAINER_DATASET_ROOT": str(tmp_path)}, str(tmp_path)),
        ({"HOME": str(tmp_path)}, str(tmp_path / ".chainer" / "dataset")),
    ):
        environment = {key: value for key, value in os.environ.items() if key != "CHAINER_DATASET_ROOT"} | variables
        result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
        assert result.stdout.strip() == expected


def test_directories_are_made_on_request(root):
    assert get_dataset_directory("a/b", create_directory=False) == str(root / "a" / "b")
    assert not root.exists()
    assert get_dataset_directory("a/b") == str(root / "a" / "b")
    assert (root / "a" / "b").is_dir()


# cached_download


def test_downloads_once_and_names_the_file_as_ever(server, root, capsys):
    server.files["/f"] = CONTENT
    url = server.address + "f"
    path = cached_download(url)
    # The layout of chainer 7.8.1.
    assert path == str(root / "_dl_cache" / hashlib.md5(url.encode()).hexdigest())
    assert read(path) == CONTENT
    assert cached_download(url) == path
    assert len(server.requests) == 1
    assert f"Downloading from {url}..." in capsys.readouterr().err
    assert files_under(root) == [os.path.basename(path)]


def test_tries_mirrors_in_order(server, mirrors):
    mirrors("one/", "two/", "three/")
    server.files["/two/f"] = server.files["/three/f"] = CONTENT
    assert read(cached_download(PUBLISHED + "f")) == CONTENT
    assert [path for path, _ in server.requests] == ["/one/f", "/two/f"]


def test_a_mirror_from_the_environment_goes_first(server, mirrors, monkeypatch):
    mirrors("one/")
    monkeypatch.setenv(
        "CHAINER_DATASET_MIRRORS", f"http://other.invalid/=http://x.invalid/ {PUBLISHED}={server.address}e/"
    )
    assert download.get_mirrors(PUBLISHED + "f") == [server.address + "e/f", server.address + "one/f"]
    server.files["/e/f"] = CONTENT
    assert read(cached_download(PUBLISHED + "f")) == CONTENT
    monkeypatch.setenv("CHAINER_DATASET_MIRRORS", "nonsense")
    with pytest.raises(ValueError, match="entries PREFIX=ADDRESS, got 'nonsense'"):
        download.get_mirrors(PUBLISHED + "f")


def test_a_folder_may_be_a_mirror(mirrors, tmp_path):
    (tmp_path / "f").write_bytes(CONTENT)
    download.set_mirrors(PUBLISHED, [f"file://{tmp_path}/"])
    assert read(cached_download(PUBLISHED + "f")) == CONTENT


def test_mirrors_can_be_taken_back(mirrors):
    mirrors("one/")
    download.set_mirrors(PUBLISHED, None)
    assert download.get_mirrors(PUBLISHED + "f") == [PUBLISHED + "f"]
    with pytest.raises(TypeError, match="list of addresses"):
        download.set_mirrors(PUBLISHED, "http://x.invalid/")


def test_known_files_have_a_digest_and_mnist_a_living_address():
    for url, digest in _sources._DIGESTS.items():
        algorithm, _, value = digest.partition(":")
        assert len(value) == 2 * hashlib.new(algorithm).digest_size, url
        assert download.get_mirrors(url)
    mnist = download.get_mirrors("http://yann.lecun.com/exdb/mnist/train-images-idx3-ubyte.gz")
    assert len(mnist) == 2 and not any("lecun.com" in address for address in mnist)


def test_goes_on_where_the_connection_broke_off(server, mirrors):
    mirrors("one/")
    server.files["/one/f"] = CONTENT
    server.limits["/one/f"] = [100_000, 50_000]
    assert read(cached_download(PUBLISHED + "f")) == CONTENT
    assert server.requests == [("/one/f", None), ("/one/f", "bytes=100000-"), ("/one/f", "bytes=150000-")]


def test_a_later_call_goes_on_as_well(server, mirrors):
    mirrors("one/")
    server.files["/one/f"] = CONTENT
    server.limits["/one/f"] = [100, 100, 100]
    with pytest.raises(download.DownloadError, match="broke off after 300 of 300000 bytes"):
        cached_download(PUBLISHED + "f")
    assert read(cached_download(PUBLISHED + "f")) == CONTENT
    assert server.requests[-1] == ("/one/f", "bytes=300-")


@pytest.mark.parametrize("change", ["no ranges", "no etag", "new file"])
def test_begins_again_where_it_cannot_go_on(server, mirrors, change):
    mirrors("one/")
    server.files["/one/f"] = bytes(len(CONTENT)) if change == "new file" else CONTENT
    server.limits["/one/f"] = [100_000] * 3
    server.etag = None if change == "no etag" else server.etag
    with pytest.raises(download.DownloadError):
        server.ranges = False
        cached_download(PUBLISHED + "f")
    server.ranges = change != "no ranges"
    if change == "new file":
        server.files["/one/f"], server.etag = CONTENT, '"2"'
    assert read(cached_download(PUBLISHED + "f")) == CONTENT


def test_a_part_that_is_too_long_is_thrown_away(server, mirrors, root):
    mirrors("one/")
    server.files["/one/f"] = CONTENT + b"more"
    server.limits["/one/f"] = [len(CONTENT) + 1, 1, 1]
    with pytest.raises(download.DownloadError):
        cached_download(PUBLISHED + "f")
    server.files["/one/f"] = CONTENT
    assert read(cached_download(PUBLISHED + "f")) == CONTENT


def test_what_does_not_match_its_digest_is_not_kept(server, mirrors, root):
    mirrors("bad/", "good/")
    server.files["/bad/f"] = b"something else"
    with pytest.raises(download.DownloadError, match="the sha256 of what came is"):
        cached_download(PUBLISHED + "f")
    assert files_under(root) == []
    server.files["/good/f"] = CONTENT
    assert read(cached_download(PUBLISHED + "f")) == CONTENT
    assert len(files_under(root)) == 1


def test_the_error_tells_the_addresses_and_the_place(server, mirrors, root):
    mirrors("one/", "two/")
    with pytest.raises(download.DownloadError) as caught:
        cached_download(PUBLISHED + "f")
    message = str(caught.value)
    path = root / "_dl_cache" / hashlib.md5((PUBLISHED + "f").encode()).hexdigest()
    for expected in (
        "cannot download f",
        server.address + "one/f: HTTP Error 404",
        server.address + "two/f",
        str(path),
    ):
        assert expected in message
    # Placed by hand, it is taken.
    path.write_bytes(CONTENT)
    assert cached_download(PUBLISHED + "f") == str(path)


def test_refuses_addresses_it_cannot_fetch_from():
    with pytest.raises(ValueError, match="unknown url type: 'nope'"):
        cached_download("nope")


def test_a_root_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    set_dataset_root(tmp_path / "file" / "root")
    with pytest.raises(OSError, match="CHAINER_DATASET_ROOT"):
        cached_download(PUBLISHED + "f")


RACE = """
import sys
from chainer.dataset import cached_download, set_dataset_root
set_dataset_root(sys.argv[1])
print(cached_download(sys.argv[2]))
"""


def test_of_racing_processes_one_downloads(server, root):
    server.files["/f"] = CONTENT
    command = [sys.executable, "-c", RACE, str(root), server.address + "f"]
    racers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) for _ in range(3)]
    paths = {racer.communicate(timeout=60)[0] for racer in racers}
    assert len(paths) == 1
    assert read(paths.pop().strip()) == CONTENT
    assert len(server.requests) == 1


# cache_or_load_file


def test_makes_a_file_once(tmp_path):
    path = str(tmp_path / "f.npz")

    def create(unfinished):
        assert os.path.basename(unfinished) == "f.npz"
        assert not os.path.exists(path)
        np.savez(unfinished, x=np.arange(3))
        return "created"

    assert cache_or_load_file(path, create, str) == "created"
    assert cache_or_load_file(path, create, lambda path: np.load(path)["x"].tolist()) == [0, 1, 2]
    assert files_under(tmp_path) == ["f.npz"]


def test_a_file_that_could_not_be_made_is_not_there(tmp_path):
    def create(path):
        with open(path, "w") as file:
            file.write("half")
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        cache_or_load_file(str(tmp_path / "f"), create, str)
    assert files_under(tmp_path) == []
    assert cache_or_load_file(str(tmp_path / "f"), lambda path: pathlib.Path(path).touch(), str) is None


def test_making_one_file_may_make_another(tmp_path):
    def inner(path):
        return pathlib.Path(path).write_text("x")

    def outer(path):
        pathlib.Path(path).touch()
        return cache_or_load_file(str(tmp_path / "inner"), inner, str)

    assert cache_or_load_file(str(tmp_path / "outer"), outer, str) == 1


def test_of_racing_threads_one_makes_the_file(tmp_path):
    calls = []

    def create(path):
        calls.append(path)
        with open(path, "w") as file:
            file.write("content")
        return "content"

    def load(path):
        with open(path) as file:
            return file.read()

    results = []
    threads = [
        threading.Thread(target=lambda: results.append(cache_or_load_file(str(tmp_path / "f"), create, load)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == ["content"] * 8
    assert len(calls) == 1
