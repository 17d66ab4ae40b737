"""data/download.py against a server of our own on 127.0.0.1: good, truncated, 404, stalled."""

import gc
import gzip
import hashlib
import io
import struct
import subprocess
import sys
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from torchvision.datasets import MNIST

import download
from conftest import ROOT
from utils import BadInput, load_mnist

# torchvision leaves the connection of a failed download to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


class Handler(BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.do_GET(body=False)

    def do_GET(self, body=True):
        mode, _, name = self.path[1:].partition("/")
        content = self.server.files.get(name)
        if mode == "404" or content is None:
            self.send_error(404)
            return
        if mode == "stalled" and body:
            time.sleep(1.5)
            return
        if mode == "damaged":
            content = content[:len(content) // 2] + bytes(len(content) - len(content) // 2)
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content[:len(content) // 2] if mode == "truncated" else content)

    def log_message(self, *_):
        pass


def mnist_files():
    """Files of the official size and form; blank, so that they pack small."""
    for part, count in (("train", 60_000), ("t10k", 10_000)):
        images = struct.pack(">4i", 2051, count, 28, 28) + bytes(count * 784)
        labels = struct.pack(">2i", 2049, count) + bytes(count)
        yield f"{part}-images-idx3-ubyte.gz", gzip.compress(images, 1, mtime=0)
        yield f"{part}-labels-idx1-ubyte.gz", gzip.compress(labels, 1, mtime=0)


def tutorial_zip(languages=18):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for i in range(languages):
            archive.writestr(f"data/names/Language{i}.txt", "Nguyễn\n" * 500)
        archive.writestr("data/eng-fra.txt", "Go.\tVa !\n")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def server():
    files = dict(mnist_files())
    files["data.zip"] = tutorial_zip()
    files["short/data.zip"] = tutorial_zip(languages=3)
    for name, count in (("train", 29_000), ("val", 1_014), ("test_2016_flickr", 1_000)):
        for language in ("de", "en", "fr"):
            lines = "".join(f"ein Satz {i}\n" for i in range(count))
            files[f"{name}.{language}.gz"] = gzip.compress(lines.encode())
    files["short/train.de.gz"] = gzip.compress(b"ein Satz\n" * 28_999)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.files = files
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def url(server, monkeypatch):
    monkeypatch.setattr(MNIST, "resources", [
        (name, hashlib.md5(content).hexdigest()) for name, content in server.files.items()
        if name.endswith("ubyte.gz")])
    yield f"http://127.0.0.1:{server.server_port}/"
    gc.collect()


def test_mnist(url, tmp_path, capsys):
    download.mnist(url + "good/", data=tmp_path)
    x_train, _, x_test, _, part = load_mnist(data=tmp_path)
    assert (len(x_train), len(x_test), part) == (60_000, 10_000, "test")
    assert [path.name for path in tmp_path.iterdir()] == ["MNIST"]
    assert sorted(path.suffix for path in (tmp_path / "MNIST" / "raw").iterdir()) == [""] * 4
    capsys.readouterr()
    download.mnist(url + "404/", data=tmp_path)  # already there: the server is not asked
    assert "already complete" in capsys.readouterr().out


def test_mnist_mends_a_damaged_folder(url, tmp_path):
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte").write_bytes(b"half a file")
    download.mnist(url + "good/", data=tmp_path)
    assert load_mnist(data=tmp_path)[4] == "test"


@pytest.mark.parametrize(("mode", "message"), [
    ("404", "404"), ("truncated", "corrupted"), ("damaged", "corrupted"),
    ("stalled", "no answer for 0.5 s")])
def test_mnist_failure_leaves_nothing(url, tmp_path, mode, message):
    with pytest.raises(BadInput, match=message) as error:
        download.mnist(f"{url}{mode}/", timeout=0.5, data=tmp_path)
    assert "\n" not in str(error.value) and "--url" in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_mnist_tries_the_next_server(url, tmp_path, monkeypatch):
    monkeypatch.setattr(MNIST, "mirrors", [url + "404/", url + "truncated/", url + "good/"])
    download.mnist(data=tmp_path)
    assert load_mnist(data=tmp_path)[4] == "test"


def test_tutorial(url, tmp_path):
    download.tutorial(url + "good", data=tmp_path)
    assert len(list((tmp_path / "names").iterdir())) == 18
    assert (tmp_path / "names" / "Language3.txt").read_text(encoding="utf-8")[:7] == "Nguyễn\n"
    assert (tmp_path / "eng-fra.txt").read_text(encoding="utf-8") == "Go.\tVa !\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["eng-fra.txt", "names"]


def test_multi30k(url, tmp_path):
    download.multi30k(url + "good/", data=tmp_path)
    files = sorted(path.name for path in (tmp_path / "multi30k").iterdir())
    assert files == [f"{name}.{language}" for name in ("test_2016_flickr", "train", "val")
                     for language in ("de", "en", "fr")]
    text = (tmp_path / "multi30k" / "train.de").read_text(encoding="utf-8")
    assert text.count("\n") == 29_000


@pytest.mark.parametrize("name", ["tutorial", "multi30k"])
@pytest.mark.parametrize(("mode", "message"), [
    ("404", "404"), ("truncated", "expected .* bytes"), ("damaged", "nothing was kept"),
    ("good/short", "expected (18 files|29,000 lines)"), ("stalled", "no answer for 0.5 s")])
def test_failure_keeps_what_was_there(url, tmp_path, name, mode, message):
    (tmp_path / "eng-fra.txt").write_text("what the reader had", encoding="utf-8")
    with pytest.raises(BadInput, match=message) as error:
        download.SETS[name](url + mode, timeout=0.5, data=tmp_path)
    assert "\n" not in str(error.value)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files == [tmp_path / "eng-fra.txt"]
    assert files[0].read_text(encoding="utf-8") == "what the reader had"


def test_nobody_listens(tmp_path):
    with pytest.raises(BadInput, match=r"refused|reach"):
        download.tutorial("http://127.0.0.1:9/", timeout=0.5, data=tmp_path)


def test_command_line():
    script = str(ROOT / "data" / "download.py")
    run = subprocess.run([sys.executable, script, "multi30k", "--url", "http://127.0.0.1:9/"],
                         capture_output=True, text=True)
    assert run.returncode == 1 and run.stderr.count("\n") == 1
    assert run.stderr.startswith("download.py: http://127.0.0.1:9/train.de.gz:")
    run = subprocess.run([sys.executable, script, "imagenet"], capture_output=True, text=True)
    assert run.returncode == 2 and "mnist" in run.stderr
