"""Fetch a real data set over the network, on your wish: no lesson ever does.

    python data/download.py multi30k    English, German, French captions (4 MB), lesson 13_6

What arrives is checked first, then written beside its place and renamed: an interrupted or damaged
download is never taken for data. `--url URL` names another server with the same files, `--timeout
SECONDS` how long it may stay silent. Licences: data/README.md.
"""

import argparse
import gzip
import hashlib
import http.client
import io
import os
import re
import sys
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "liuer"))
from utils import DATA, BadInput, one_line

MULTI30K = "https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/raw/"
PATIENCE = 20                       # a download may take so many times the time-out, no more
LARGEST = 50_000_000                # bytes of a download, packed or unpacked
LANGUAGES = ("en", "de", "fr")      # the columns of the files that are written
COUNTS = {"train": 29_000, "val": 1_014, "test_2016_flickr": 1_000}
SHA256 = {
    "train.en.gz": "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f",
    "train.de.gz": "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6",
    "train.fr.gz": "622e75069e9f4c577425c4f277116ce66e63a2401c0a2312d90073cb12379a3c",
    "val.en.gz": "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28",
    "val.de.gz": "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a",
    "val.fr.gz": "ca3106f1a72390591d25f6c45cb4cd39dec4cd3f123e099748a3ce5256c160e9",
    "test_2016_flickr.en.gz": "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9",
    "test_2016_flickr.de.gz": "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8",
    "test_2016_flickr.fr.gz": "6d326e188d259fb1d04ac19eae3af956559b3a0b93d7635e56c90987c40c8b90",
}


def fetch(url, timeout):
    """The whole content of url. Raises BadInput, in one line, for every failure."""
    content, started, patience = io.BytesIO(), time.monotonic(), PATIENCE * timeout
    try:
        with urlopen(Request(url, headers={"User-Agent": "python"}), timeout=timeout) as response:
            while piece := response.read1(1 << 16):
                content.write(piece)
                if time.monotonic() > started + patience:
                    raise BadInput(f"not complete after {patience:g} s")
                if content.tell() > LARGEST:
                    raise BadInput(f"more than {LARGEST:,} bytes")
            expected = response.headers.get("Content-Length")
        if expected is not None and content.tell() != int(expected):
            raise BadInput(f"expected {int(expected):,} bytes, got {content.tell():,}")
        if re.match(rb"\s*<(!doctype|html)", content.getvalue(), re.IGNORECASE):
            raise BadInput("a web page came in place of the file (a login page?)")
    except (OSError, ValueError, http.client.HTTPException) as error:  # BadInput is a ValueError
        if isinstance(error, HTTPError):
            error.close()       # it holds the connection
        reason = f"no answer for {timeout:g} s" if "timed out" in str(error) else error
        raise BadInput(f"{url}: {reason}; nothing was kept, try again or name another server with "
                       "--url") from None
    return content.getvalue()


def write(texts, data):
    """Write a dict path: text below the folder data, all of it or nothing: each beside its place,
    then all renamed."""
    parts = {}
    try:
        for name, text in texts.items():
            path = data / name
            path.parent.mkdir(parents=True, exist_ok=True)
            parts[path] = path.with_name(f"{path.name}.{os.getpid()}.part")
            parts[path].write_bytes(text.encode("utf-8"))
        for path, part in parts.items():
            part.replace(path)
            print(f"{path} | {path.stat().st_size:,} bytes")
    except OSError as error:
        raise BadInput(f"{path}: could not be written: {error}") from None
    finally:                    # after an error, or Ctrl-C
        for part in parts.values():
            part.unlink(missing_ok=True)


def multi30k(url=MULTI30K, timeout=30.0, data=DATA):
    """Multi30k, task 1: data/multi30k/{train,val,test_2016_flickr}.tsv, English TAB German TAB
    French a line. The sums of SHA256 are those of the files as the server packs them."""
    texts = {}
    for name, count in COUNTS.items():
        columns = []
        for language in LANGUAGES:
            file = f"{name}.{language}.gz"
            content = fetch(f"{url.rstrip('/')}/{file}", timeout)
            if hashlib.sha256(content).hexdigest() != SHA256[file]:
                raise BadInput(f"{url}: {file}: the sha256 of its {len(content):,} bytes is not "
                               "the one it should have; nothing was kept")
            lines = gzip.decompress(content).decode("utf-8").rstrip("\n").split("\n")
            if len(lines) != count:
                raise BadInput(f"{url}: {file}: expected {count:,} lines, got {len(lines):,}")
            columns.append([line.replace("\t", " ") for line in lines])     # one holds a tab
        rows = zip(*columns, strict=True)
        texts[f"multi30k/{name}.tsv"] = "".join("\t".join(row) + "\n" for row in rows)
    write(texts, data)


SETS = {"multi30k": multi30k}

if __name__ == "__main__":
    sys.excepthook = one_line
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=SETS)
    parser.add_argument("--url", help="another server that has the same files")
    parser.add_argument("--timeout", type=float, default=30, help="seconds (default: 30)")
    arguments = parser.parse_args()
    if not 0 < arguments.timeout <= 3600:
        parser.error("--timeout: expected seconds, above 0 and at most 3600")
    server = {"url": arguments.url} if arguments.url else {}
    SETS[arguments.name](timeout=arguments.timeout, **server)
