"""data/download.py against a server of our own on 127.0.0.1: good, cut off, 404, slow, endless."""

import contextlib
import errno
import gzip
import hashlib
import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import download
from conftest import ROOT
from utils import BadInput


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        mode, _, name = self.path[1:].partition("/")
        content = self.server.files.get(name)
        if mode.isdigit() or content is None:
            self.send_error(int(mode) if mode.isdigit() else 404)
            return
        if mode == "stalled":
            time.sleep(1.5)
            return
        half = len(content) // 2
        if mode == "damaged":
            content = content[:half] + bytes(len(content) - half)
        if mode == "login":
            content = b"<!DOCTYPE html><title>Please log in</title>"
        self.send_response(200)
        if mode != "endless":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if mode == "trickle":
            with contextlib.suppress(ConnectionError):      # until the other side has enough
                self.server.first_byte.set()
                for i in range(60):
                    self.wfile.write(content[i:i + 1])
                    time.sleep(0.05)
        elif mode == "endless":
            with contextlib.suppress(ConnectionError):
                while True:
                    self.wfile.write(content)
        elif mode == "reset":           # half of it, then the connection is cut, not closed
            self.wfile.write(content[:half])
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
        else:
            self.wfile.write(content[:half] if mode == "truncated" else content)

    def log_message(self, *_):
        pass

    def finish(self):
        with contextlib.suppress(OSError, ValueError):      # of a connection that was cut
            super().finish()


def captions(language, count):
    """Captions as the server packs them; the third German one has a tab in it."""
    lines = [f"ein Satz {i} ({language})\n" for i in range(count)]
    if language == "de":
        lines[2] = "ein\tSatz\n"
    return gzip.compress("".join(lines).encode(), mtime=0)


@pytest.fixture(scope="module")
def files():
    files = {}
    for name, count in download.COUNTS.items():
        for language in download.LANGUAGES:
            files[f"{name}.{language}.gz"] = captions(language, count)
            files[f"other/{name}.{language}.gz"] = captions(language, count)
    files["short/train.en.gz"] = captions("en", 28_999)
    files["other/test_2016_flickr.fr.gz"] = captions("FR", 1_000)       # the last one to be fetched
    return files


@pytest.fixture(scope="module")
def server(files):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.files = files
    server.first_byte = threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def url(server, monkeypatch):
    sums = {name: hashlib.sha256(server.files[name]).hexdigest() for name in download.SHA256}
    monkeypatch.setattr(download, "SHA256", sums)
    return f"http://127.0.0.1:{server.server_port}/"


def test_multi30k(url, tmp_path):
    download.multi30k(url + "good/", data=tmp_path)
    files = sorted((tmp_path / "multi30k").iterdir())
    assert [path.name for path in files] == ["test_2016_flickr.tsv", "train.tsv", "val.tsv"]
    for path in files:
        rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
        assert len(rows) == download.COUNTS[path.stem]
        assert {len(row) for row in rows} == {3}
        assert rows[1] == ["ein Satz 1 (en)", "ein Satz 1 (de)", "ein Satz 1 (fr)"]
        assert rows[2][1] == "ein Satz"


def test_the_sums_are_those_of_the_nine_files():
    """One for each, of 64 hexadecimal digits, none of them twice."""
    names = [f"{name}.{language}.gz" for name in download.COUNTS for language in download.LANGUAGES]
    assert list(download.SHA256) == names and len(set(download.SHA256.values())) == 9
    assert all(len(value) == 64 and int(value, 16) for value in download.SHA256.values())


@pytest.mark.parametrize(("mode", "message"), [
    ("403", "403"), ("404", "404"), ("503", "503"), ("truncated", "expected .* bytes"),
    ("damaged", "nothing was kept"), ("login", "a web page came in place of the file"),
    ("reset", "reset by peer|forcibly closed|expected .* bytes"),
    ("endless", "more than 900,000 bytes"),
    ("good/other", r"test_2016_flickr\.fr\.gz: the sha256"),
    ("stalled", "no answer for 0.5 s"),
])
def test_failure_keeps_what_was_there(url, tmp_path, monkeypatch, mode, message):
    monkeypatch.setattr(download, "LARGEST", 900_000)
    (tmp_path / "multi30k").mkdir()
    (tmp_path / "multi30k" / "val.tsv").write_text("what the reader had", encoding="utf-8")
    with pytest.raises(BadInput, match=message) as error:
        download.multi30k(url + mode, timeout=0.5, data=tmp_path)
    assert "\n" not in str(error.value) and url in str(error.value)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files == [tmp_path / "multi30k" / "val.tsv"]
    assert files[0].read_text(encoding="utf-8") == "what the reader had"


def test_the_count_of_lines_is_checked_too(url, tmp_path, monkeypatch):
    monkeypatch.setitem(download.COUNTS, "train", 29_001)
    with pytest.raises(BadInput, match="expected 29,001 lines, got 29,000"):
        download.multi30k(url + "good", data=tmp_path)


def test_a_slow_trickle_comes_to_an_end(url, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "PATIENCE", 0.5)
    with pytest.raises(BadInput, match="not complete after 0.5 s"):
        download.multi30k(url + "trickle", timeout=1.0, data=tmp_path)


def test_nobody_listens(tmp_path):
    with pytest.raises(BadInput, match=r"refused|reach"):
        download.multi30k("http://127.0.0.1:9/", timeout=0.5, data=tmp_path)
    with pytest.raises(BadInput, match="unknown url type"):
        download.multi30k("127.0.0.1", timeout=0.5, data=tmp_path)


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "multi30k").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(BadInput, match=r"train\.tsv: could not be written"):
        download.write({"multi30k/train.tsv": "text"}, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["multi30k"]


def test_a_disk_that_is_full(tmp_path, monkeypatch):
    """Of three files the second does not fit: then none is there, and the former ones stand."""
    write_bytes, sizes = Path.write_bytes, []

    def full(self, content):
        write_bytes(self, content[:len(content) // 2])
        sizes.append(len(content))
        if len(sizes) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_bytes(self, content)

    (tmp_path / "two.txt").write_text("what the reader had", encoding="utf-8")
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(BadInput, match=r"two\.txt: could not be written: .*No space left"):
        download.write({"one.txt": "eins", "two.txt": "zwei", "three.txt": "drei"}, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["two.txt"]
    assert (tmp_path / "two.txt").read_text(encoding="utf-8") == "what the reader had"


def start(data, *arguments, before=""):
    """download.py in a process of its own, that writes to data."""
    code = (f"{before}\nimport runpy, sys, pathlib; sys.argv = ['download.py', *{arguments!r}]\n"
            f"sys.path.insert(0, {str(ROOT / 'liuer')!r}); import utils\n"
            f"utils.DATA = pathlib.Path({str(data)!r})\n"
            f"runpy.run_path({str(ROOT / 'data' / 'download.py')!r}, run_name='__main__')\n")
    return subprocess.Popen([sys.executable, "-W", "error", "-c", code], text=True,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)


# A thread of that process presses Ctrl-C as soon as its standard input ends.
PRESS = """
import _thread, sys, threading
def press():
    sys.stdin.read()
    _thread.interrupt_main()
threading.Thread(target=press, daemon=True).start()
"""


def test_ctrl_c_ends_in_one_line_and_keeps_nothing(server, tmp_path):
    """Pressed when the server has begun to send, however long Python took to start."""
    server.first_byte.clear()
    run = start(tmp_path, "multi30k", "--url", f"http://127.0.0.1:{server.server_port}/trickle",
                before=PRESS)
    assert server.first_byte.wait(60)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 130 and out == ""
    assert re.fullmatch(r"download\.py: stopped.*\n", err), err
    assert list(tmp_path.iterdir()) == []


def test_command_line():
    script = str(ROOT / "data" / "download.py")
    run = subprocess.run([sys.executable, script, "multi30k", "--url", "http://127.0.0.1:9/"],
                         capture_output=True, text=True)
    assert run.returncode == 1 and run.stderr.count("\n") == 1
    assert run.stderr.startswith("download.py: http://127.0.0.1:9/train.en.gz:")
    run = subprocess.run([sys.executable, script, "imagenet"], capture_output=True, text=True)
    assert run.returncode == 2 and "multi30k" in run.stderr
    run = subprocess.run([sys.executable, script, "multi30k", "--timeout", "0"],
                         capture_output=True, text=True)
    assert run.returncode == 2 and "--timeout: expected seconds, above 0" in run.stderr
