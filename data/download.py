"""Fetch a real data set over the network, on your wish: no lesson ever does.

    python data/download.py mnist       the full MNIST (11 MB) for lessons 9-11
    python data/download.py tutorial    18 languages' names, English-French pairs (3 MB), lesson 13
    python data/download.py multi30k    German, English, French captions (4 MB), lessons 13_4, 13_5

A file is written beside its place, checked and only then renamed, so that an interrupted or
damaged download is never taken for data. `--url URL` names another server with the same files,
`--timeout SECONDS` how long it may stay silent. Licences: data/README.md.
"""

import argparse
import gzip
import http.client
import os
import shutil
import socket
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "liuer"))
from utils import DATA, BadInput, load_mnist, one_line

TUTORIAL = "https://download.pytorch.org/tutorial/"
MULTI30K = "https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/raw/"
BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile, http.client.HTTPException)


def fetch(url, path, check, timeout=30):
    """Download url to path: whole and accepted by check(part), or not at all.

    check gets the finished file's path and raises BadInput (or any error of unpacking) where it is
    not what it should be. Raises BadInput, in one line, for every failure.
    """
    part = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        request = Request(url, headers={"User-Agent": "python"})
        with urlopen(request, timeout=timeout) as response, part.open("wb") as file:
            shutil.copyfileobj(response, file)
            expected, came = response.headers.get("Content-Length"), file.tell()
        if expected is not None and came != int(expected):
            raise BadInput(f"expected {int(expected):,} bytes, got {came:,}")
        check(part)
        os.replace(part, path)
    except (URLError, *BROKEN, BadInput) as error:
        if isinstance(error, HTTPError):
            error.close()  # it holds the connection
        reason = f"no answer for {timeout:g} s" if "timed out" in str(error) else str(error)
        raise BadInput(f"{url}: {reason}; nothing was kept, try again or name another server "
                       "with --url") from None
    finally:
        part.unlink(missing_ok=True)
    print(f"{path} | {path.stat().st_size:,} bytes")


def mnist(url=None, timeout=30, data=DATA):
    """The four official files into data/MNIST/raw, through torchvision, which knows their md5."""
    try:
        from torchvision.datasets import MNIST
    except (ImportError, RuntimeError) as error:
        raise BadInput(f"torchvision cannot be imported ({str(error).splitlines()[0]}): it has to "
                       "come with torch from the same build; install both again in one command: "
                       "pip install --force-reinstall torch torchvision") from None
    raw = data / "MNIST" / "raw"
    if raw.is_dir():
        try:
            load_mnist(data=data)
            print(f"{raw} | already complete")
            return
        except BadInput as error:
            print(f"{error}\nfetching the files again")

    failures = []
    socket.setdefaulttimeout(timeout)  # torchvision sets none: a silent server would hang it
    for mirror in [url] if url else MNIST.mirrors:
        with tempfile.TemporaryDirectory(dir=data, prefix=".mnist-") as folder:
            try:
                type("MNIST", (MNIST,), {"mirrors": [mirror]})(folder, download=True)
                load_mnist(data=Path(folder))
            except (RuntimeError, URLError, *BROKEN, BadInput) as error:
                reason = " ".join(str(error).split())
                if "timed out" in reason:
                    reason = f"no answer for {timeout:g} s"
                failures.append(f"{mirror}: {reason}")
                continue
            raw.mkdir(parents=True, exist_ok=True)
            for file in (Path(folder) / "MNIST" / "raw").glob("*-ubyte"):
                os.replace(file, raw / file.name)
        print(f"{raw} | 60,000 and 10,000 digits")
        return
    raise BadInput(f"MNIST could not be fetched, nothing was kept: {' | '.join(failures)}; try "
                   "again later, name another server with --url, or copy the four .gz files to "
                   f"{raw} by hand")


def tutorial(url=None, timeout=30, data=DATA):
    """PyTorch's tutorial archive: data/names/LANGUAGE.txt and data/eng-fra.txt."""
    archive = data / "tutorial.zip"

    def check(path):
        with zipfile.ZipFile(path) as file:
            damaged = file.testzip()
            names = [name for name in file.namelist() if name.startswith("data/names/")
                     and name.endswith(".txt")]
            if damaged or len(names) != 18 or "data/eng-fra.txt" not in file.namelist():
                raise BadInput(f"expected 18 files of names and eng-fra.txt, got {len(names)} of "
                               f"names, damaged: {damaged}")

    fetch((url or TUTORIAL).rstrip("/") + "/data.zip", archive, check, timeout)
    with zipfile.ZipFile(archive) as file:
        for name in file.namelist():
            if name == "data/eng-fra.txt" or (name.startswith("data/names/")
                                              and name.endswith(".txt")):
                path = data / Path(name).relative_to("data")
                path.parent.mkdir(exist_ok=True)
                part = path.with_name(path.name + ".part")
                part.write_bytes(file.read(name))
                os.replace(part, path)
                print(path)
    archive.unlink()


def multi30k(url=None, timeout=30, data=DATA):
    """Multi30k, task 1: data/multi30k/{train,val,test_2016_flickr}.{de,en,fr}, a line a caption."""
    for name, count in (("train", 29_000), ("val", 1_014), ("test_2016_flickr", 1_000)):
        for language in ("de", "en", "fr"):
            packed = data / "multi30k" / f"{name}.{language}.gz"

            def check(path, count=count):
                lines = gzip.decompress(path.read_bytes()).count(b"\n")
                if lines != count:
                    raise BadInput(f"expected {count:,} lines, got {lines:,}")

            fetch((url or MULTI30K).rstrip("/") + f"/{packed.name}", packed, check, timeout)
            part = packed.with_name(packed.name + ".part")
            part.write_bytes(gzip.decompress(packed.read_bytes()))
            os.replace(part, packed.with_suffix(""))
            packed.unlink()


SETS = {"mnist": mnist, "tutorial": tutorial, "multi30k": multi30k}

if __name__ == "__main__":
    sys.excepthook = one_line
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=SETS)
    parser.add_argument("--url", help="another server that has the same files")
    parser.add_argument("--timeout", type=float, default=30, help="seconds (default: 30)")
    arguments = parser.parse_args()
    SETS[arguments.name](arguments.url, arguments.timeout)
