"""The notes as a website, built once: every page, link, picture, formula and search word is there.

The browser's part needs Chromium and runs where it is installed."""

import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from urllib.parse import quote, unquote, urlsplit

import pytest

from conftest import ROOT
from test_notes import formulas, sections

pytestmark = pytest.mark.slow
NOTES = {"": "README.md", ".en": "README.en.md"}
BROWSER = shutil.which("chromium")
WORDS = ["梯度", "注意力", "交叉熵", "梯度消失", "门", "gradient", "cross-entropy", "perplexity"]


class Page(HTMLParser):
    """What a page has: ids, links, what it loads, and how many elements of a class or a tag."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loads, self.title = set(), [], [], ""
        self.tags, self.classes, self.in_title = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append(tag)
        self.classes += [(attributes.get("class") or "").split()]
        self.ids.add(attributes.get("id"))
        self.in_title = tag == "h1" or self.in_title and tag != "p"
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        elif tag != "a":
            self.loads += [attributes[name] for name in ("src", "href", "data", "poster")
                           if attributes.get(name)]

    def handle_endtag(self, tag):
        self.in_title = self.in_title and tag != "h1"

    def handle_data(self, data):
        if self.in_title:
            self.title += data

    def count(self, *names):
        return sum(set(names) <= set(classes) for classes in self.classes)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder of the site and its pages, from a copy of what it is built from."""
    root = tmp_path_factory.mktemp("root")
    for name in ("liuer", "images", "tests", "data"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns(
            "__pycache__", "run", "MNIST", "*.gz", "*.csv", "*.txt", "*.pt"))
    (root / "site").mkdir()
    for path in (*ROOT.glob("*.md"), ROOT / "LICENSE", *(ROOT / "site").glob("*.*")):
        if path.is_file() and path.name != "README.md" or path.parent == ROOT:
            shutil.copy(path, root / path.relative_to(ROOT))
    out = root / "site" / "build"
    process = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", root / "site", out],
        capture_output=True, encoding="utf-8", timeout=300)
    assert (process.returncode, process.stdout, process.stderr) == (0, "", "")
    return out, {path.relative_to(out).as_posix(): Page(path.read_text(encoding="utf-8"))
                 for path in out.rglob("*.html")}


def edition(pages, end):
    """The pages of one edition, without those of scripts."""
    return {name: page for name, page in pages.items() if re.fullmatch(
        rf"liuer/[\w-]+{re.escape(end)}\.html", name) and name != "liuer/exercises.html"}


@pytest.mark.parametrize("end", NOTES)
def test_one_page_a_lecture(built, end):
    pages = edition(built[1], end)
    text = (ROOT / "liuer" / NOTES[end]).read_text(encoding="utf-8")
    headings = [text.split("\n")[0].removeprefix("# "),
                *(section.title for section in sections(text)[1:])]
    titles = {name: page.title.rstrip("#¶ \n") for name, page in pages.items()}
    assert sorted(titles.values()) == sorted(headings)
    numbers = ["二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二", "十三"]
    for number, chinese in enumerate(numbers, start=2):
        title = titles[f"liuer/lecture{number}{end}.html"]
        assert title.startswith(f"Lecture {number}: " if end else f"第{chinese}讲 ")
    front = pages[f"liuer/README{end}.html"]      # the side bar
    assert {name.removeprefix("liuer/") for name in titles} - {f"README{end}.html"} <= {
        unquote(link) for link in front.links}


@pytest.mark.parametrize("end", NOTES)
def test_nothing_of_the_notes_is_lost(built, end):
    pages = edition(built[1], end).values()
    text = (ROOT / "liuer" / NOTES[end]).read_text(encoding="utf-8")
    parts = sections(text)
    rest = "\n".join(section.text for section in parts)
    blocks = [block for section in parts for block in section.blocks]
    found = [formula for section in parts for formula in formulas(section.text)]
    assert blocks and {display for _, display in found} == {True, False}
    assert sum(page.count("math") for page in pages) == len(found)
    assert sum(page.count("highlight") for page in pages) == len(blocks)
    for tag, count in (("img", rest.count("![")), ("details", rest.count("<details>")),
                       ("table", len(re.findall(r"(?m)^\|[-|: ]+\|$", rest)))):
        assert sum(page.tags.count(tag) for page in pages) == count, tag


def test_links_and_pictures(built):
    out, pages = built
    broken = []
    for name, page in pages.items():
        for link in page.links + page.loads:
            parts = urlsplit(link)
            if parts.scheme in ("http", "https", "data"):
                continue
            target = (out / name).parent / unquote(parts.path) if parts.path else out / name
            target = target.resolve()
            if not target.is_file() or out not in target.parents:
                broken.append((name, link))
            elif parts.fragment and target.suffix == ".html":
                there = pages[target.relative_to(out).as_posix()]
                if unquote(parts.fragment) not in there.ids:
                    broken.append((name, link))
    assert broken == []


def test_links_to_scripts_show_their_source(built):
    out, _ = built
    for name in ("lesson9.py", "exercises/lecture02.py"):
        shown = re.sub(r"<[^>]*>", "", (out / "liuer" / f"{name}.html").read_text(encoding="utf-8"))
        line = (ROOT / "liuer" / name).read_text(encoding="utf-8").splitlines()[0]
        assert line.strip('"') in shown


def test_nothing_from_the_network(built):
    out, pages = built
    loads = {load for page in pages.values() for load in page.loads}
    assert [load for load in loads if re.match(r"(https?:)?//", load)] == []
    for path in out.rglob("*.css"):
        assert not re.search(r"(url\(|@import)[\s'\"]*(https?:)?//", path.read_text("utf-8")), path
    assert (out / "_static" / "tex-svg.js").stat().st_size > 1_000_000


def test_search(built):
    """The index has every pair of characters of a Chinese word, which is what the browser's
    splitQuery() makes of it, and the stems of English words."""
    out, _ = built
    text = (out / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))

    def pages(term):
        names = set()
        for found in (index["terms"].get(term, []), index["titleterms"].get(term, [])):
            names |= {index["docnames"][i] for i in ([found] if isinstance(found, int) else found)}
        return names

    def search(word):
        return set.intersection(*(pages(word[i:i + 2]) for i in range(len(word) - 1)))

    assert {"liuer/lecture3", "liuer/lecture4"} <= search("梯度")
    assert {"liuer/lecture13", "liuer/terms"} <= search("注意力")
    assert {"liuer/lecture6", "liuer/lecture9"} <= search("交叉熵")
    assert {"liuer/lecture12"} <= search("梯度消失")
    assert "liuer/lecture13" in pages("门")
    assert {"liuer/lecture3.en", "liuer/lecture4.en"} <= pages("gradient")
    assert not any(name.endswith(".py") for term in index["terms"] for name in pages(term))
    language = (out / "_static" / "language_data.js").read_text(encoding="utf-8")
    assert "function splitQuery(query)" in language and "ChineseStemmer" not in language


def browse(address):
    """The page after its scripts have run, opened from disk."""
    return subprocess.run([BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
                           "--virtual-time-budget=9000", address], capture_output=True,
                          encoding="utf-8", timeout=120).stdout


if BROWSER:
    @pytest.mark.parametrize("word", WORDS)
    def test_search_in_the_browser(built, word):
        page = browse(f"{(built[0] / 'search.html').as_uri()}?q={quote(word)}")
        assert re.search(r'href="liuer/(lecture\d+|terms)[^"]*\.html', page), word

    @pytest.mark.parametrize("name", ["lecture4", "lecture13.en"])
    def test_formulas_in_the_browser(built, name):
        out, pages = built
        drawn = Page(browse((out / "liuer" / f"{name}.html").as_uri()))
        assert drawn.tags.count("mjx-container") == pages[f"liuer/{name}.html"].count("math") > 0
        assert "data-mjx-error" not in drawn.tags and "merror" not in drawn.tags
