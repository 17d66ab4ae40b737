"""The notes are true: both editions, section by section.

Markers are HTML comments on the line before a fenced block; a page does not show them:

    <!-- quote lesson3.py -->                  the lines stand in that script
    <!-- output -->                            what the Python block above prints
    <!-- output lesson3.py --epochs 5 -->      what the script prints (`...`: lines left out)
    <!-- output lesson7.py | within 5% -->     the same on any machine within 5 %, but exactly
                                               what the run printed that drew the figure
    <!-- output lesson13_2.py | loose -->      words that a trained net makes: labels only
"""

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import warnings
from pathlib import Path
from typing import NamedTuple

import pytest
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from PIL import Image

from conftest import LIUER, ROOT, SCRIPTS, SLOW

IMAGES = ROOT / "images"
CHINESE, ENGLISH = LIUER / "README.md", LIUER / "README.en.md"
KATEX = "katex@0.16.22"
# allow_digits: a formula in a table may end in a digit
MARKDOWN = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, allow_labels=False,
                                                        allow_space=False, allow_digits=True)
CJK = r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f“”‘’…—]"


class Block(NamedTuple):
    kind: str    # the fence's language: python, text, bash
    marker: str  # what the HTML comment above says, without the arrows
    code: str
    line: int


class Section(NamedTuple):
    title: str
    text: str    # without fenced blocks
    blocks: list


def sections(text):
    """Split an edition at its ## headings: title, prose and fenced blocks of each."""
    lines, found, begins, marker = text.split("\n"), [Section("", "", [])], [0], ""
    tokens = MARKDOWN.parse(text)
    for i, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h2":
            found.append(Section(tokens[i + 1].content, "", []))
            begins.append(token.map[0])
        elif token.type == "fence":
            first, end = token.map
            assert lines[end - 1].strip() == token.markup, f"line {first + 1}: a fence stays open"
            found[-1].blocks.append(Block(token.info, marker, token.content, first + 1))
            lines[first:end] = [None] * (end - first)
        comment = re.fullmatch(r"<!-- (.*) -->\n?", token.content)
        marker = comment[1] if token.type == "html_block" and comment else ""
    texts = [lines[begin:end] for begin, end in zip(begins, [*begins[1:], None], strict=True)]
    return [section._replace(text="\n".join(line for line in part if line is not None))
            for section, part in zip(found, texts, strict=True)]


def inline(text):
    """The pieces of a text outside its headings: words, codes, formulas, links."""
    tokens = MARKDOWN.parse(text)
    return [child for before, token in zip([None, *tokens], tokens)     # noqa: B905
            if token.type == "inline" and before.type != "heading_open" for child in token.children]


def formulas(text):
    """(formula, is a display) of a text without fenced blocks."""
    displays = [token.content.strip("\n") for token in MARKDOWN.parse(text)
                if token.type == "math_block"]
    return [(formula, True) for formula in displays] + [
        (token.content, False) for token in inline(text) if token.type == "math_inline"]


def prose_numbers(text):
    """Numbers in digits, outside headings, code, formulas, links' targets and comments."""
    words = " ".join(token.content for token in inline(text)
                     if token.type in ("text", "image"))      # of an image: its description
    words = re.sub(r"\b[Ll]ectures? \d+(?:(?:-| to | and )\d+)?", " ", words)   # 第八讲 has none
    return sorted(number.replace(",", "") for number in
                  re.findall(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?", words))


# ------------------------------------------------------------------------------------- checks
def check_form(text):
    """What GitHub and VS Code need in order to show the formulas."""
    bad = []
    for section in sections(text):
        bare = re.sub(r"`[^`\n]*`", "``", section.text)
        if bare.count("$$") % 2:
            bad.append(f"{section.title}: an odd number of $$")
        for line in bare.split("\n"):
            if "$$" in line and line != "$$":
                bad.append(f"$$ has to stand alone: {line}")
        inline = re.sub(r"^\$\$\n.*?\n\$\$$", "", bare, flags=re.MULTILINE | re.DOTALL)
        for line in inline.split("\n"):
            if line.count("$") % 2:
                bad.append(f"an odd number of $: {line}")
            for match in re.finditer(r"(.?)\$([^$]+)\$(.?)", line):
                before, formula, after = match.groups()
                if re.match(CJK, before) or re.match(CJK, after):
                    bad.append(f"$ touches a Chinese character: {match[0]}")
                if before.isalnum() or after.isalnum():
                    bad.append(f"$ touches a word: {match[0]}")
                if formula != formula.strip():
                    bad.append(f"a space inside the dollars: {match[0]}")
        for formula, display in formulas(section.text):
            if re.search(r"\\[!-/:-@\[\]^_`{-~]", formula):
                bad.append(f"GitHub eats the backslash: {formula}")
            if re.search(r"[<>*]", formula) or re.search(CJK, formula):
                bad.append(f"< > * or Chinese in a formula: {formula}")
            if not display and r"\\" in formula:
                bad.append(rf"\\ in an inline formula: {formula}")
            if display and re.search(r"^\s*([=+#>-]|\d+\.\s|$)", formula, re.MULTILINE):
                bad.append(f"Markdown would take a line for a list, heading or break: {formula}")
        folds = r"(?:<details><summary>[^<\n]+</summary>|</details>)"     # alone on their lines
        if re.search(r"<(?!!--)/?[a-zA-Z]", re.sub(rf"^{folds}$", "", bare, flags=re.MULTILINE)):
            bad.append(f"{section.title}: HTML")
    return bad


def check_same(chinese, english):
    """Same structure, formulas, code, pictures and numbers in both editions."""
    bad = []
    first, second = sections(chinese), sections(english)
    if len(first) != len(second):
        return [f"{len(first)} and {len(second)} sections"]
    for a, b in zip(first, second, strict=True):
        name = f"{a.title!r} and {b.title!r}"

        def levels(section):
            return re.findall(r"^(#+) ", section.text, re.MULTILINE)

        if re.findall(r"\d+(?:_\d+)?", a.title) != re.findall(r"\d+(?:_\d+)?", b.title) \
                and lecture(a.title) != lecture(b.title):
            bad.append(f"{name}: titles of different lectures")
        for what, get in {
            "levels of headings": levels,
            "displays": lambda s: [formula for formula, display in formulas(s.text) if display],
            "formulas": lambda s: sorted(set(formulas(s.text))),
            "blocks": lambda s: [block[:3] for block in s.blocks],
            "pictures": lambda s: re.findall(r"!\[[^\]]*\]\(([^)]*)\)", s.text),
            "scripts": lambda s: sorted(set(re.findall(r"\b\w+\.py\b", s.text))),
            "numbers": lambda s: prose_numbers(s.text),
        }.items():
            one, two = get(a), get(b)
            if one != two:
                only = ([x for x in one if one.count(x) > two.count(x)],
                        [x for x in two if two.count(x) > one.count(x)])
                only = [sorted({f"{x} ({one.count(x)} and {two.count(x)} times)" for x in part})
                        for part in only]
                bad.append(f"{name}: {what} differ: {only[0]} | {only[1]}")
    return bad


def lecture(title):
    """The number of a lecture from its heading: '第三讲 …' or 'Lecture 3: …' -> 3, else None."""
    if match := re.match(r"第(.*?)讲", title):
        return ("零一二三四五六七八九十".find(match[1]) if len(match[1]) == 1
                else 10 + "一二三".find(match[1][1]) + 1)
    match = re.match(r"Lecture (\d+)", title)
    return int(match[1]) if match else None


def check_python(section):
    """Run the Python blocks of a section in one session; compare what they print."""
    namespace, printed, bad = {"__name__": "notes"}, None, []
    for block in section.blocks:
        if block.kind == "python":
            out, back = io.StringIO(), os.getcwd()
            os.chdir(LIUER)
            try:
                with contextlib.redirect_stdout(out), warnings.catch_warnings():
                    warnings.simplefilter("error")
                    exec(compile(textwrap.dedent(block.code), f"<{section.title}>", "exec"),
                         namespace)
            except Exception as error:
                bad.append(f"{section.title}, block at line {block.line}: "
                           f"{type(error).__name__}: {error}\n{block.code}")
            finally:
                os.chdir(back)
            printed = out.getvalue().rstrip()
        elif block.marker == "output" and printed != block.code.rstrip():
            bad.append(f"{section.title}, block at line {block.line}: expected\n{block.code}\n"
                       f"printed\n{printed}")
    return bad


def check_quotes(section):
    """Every line of a quote block stands in the script it names, in order."""
    bad = []
    for block in section.blocks:
        if not block.marker.startswith("quote "):
            continue
        script = (LIUER / block.marker.split()[1]).read_text(encoding="utf-8").split("\n")
        pieces = re.split(r"^[ \t]*\.\.\.[ \t]*$", textwrap.dedent(block.code),
                          flags=re.MULTILINE)
        start = 0
        for piece in pieces:
            lines = textwrap.dedent(piece.strip("\n")).split("\n")
            for at in range(start, len(script) - len(lines) + 1):
                window = textwrap.dedent("\n".join(script[at:at + len(lines)])).split("\n")
                if [x.rstrip() for x in window] == [x.rstrip() for x in lines]:
                    start = at + len(lines)
                    break
            else:
                bad.append(f"{section.title}: not in {block.marker.split()[1]}:\n{piece}")
    return bad


def same_line(quoted, printed, tolerance, loose):
    """Is this quoted line that printed one?"""
    if loose:
        def label(line):
            return re.split(r"[:|\d]", line)[0].strip()
        return label(quoted) == label(printed)
    number = r"-?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?"
    seconds = rf"\s*\|\s*{number} s$"       # stand in README's table, not in the notes
    quoted, printed = (re.sub(seconds, "", line.rstrip()) for line in (quoted, printed))
    if tolerance is None:
        return quoted.rstrip() == printed.rstrip()
    if re.sub(number, "#", quoted).split() != re.sub(number, "#", printed).split():
        return False
    for one, two in zip(re.findall(number + "%?", quoted), re.findall(number + "%?", printed),
                        strict=True):
        a, b = (float(text.strip("%").replace(",", "")) for text in (one, two))
        far = tolerance * max(abs(a), abs(b)) + 1e-9
        if one.endswith("%"):       # accuracies: of the distance to the nearer end, 0 or 100
            far = max(0.5, tolerance * min(a, 100 - a))
        elif re.fullmatch(r"-?[\d,]+", one) and re.fullmatch(r"-?[\d,]+", two):
            far = 0
        if abs(a - b) > far:
            return False
    return True


def check_output(section, run, slow=False, exact=False):
    """What a script is quoted to print is what run(name, *arguments) printed. Without arguments the
    scripts in SLOW are checked where slow is True, the others where it is False. Where exact is
    True, all without arguments are, to the digit."""
    bad = []
    for block in section.blocks:
        match = re.fullmatch(r"output (\w+\.py)([^|]*)(?:\|(.*))?", block.marker)
        if not match:
            continue
        name, arguments, options = match[1], match[2].split(), (match[3] or "").strip()
        if arguments if exact else (name in SLOW and not arguments) != slow:
            continue
        within = None if exact else re.search(r"within ([\d.]+)%", options)
        printed = iter(run(name, *arguments).split("\n"))
        for quoted in block.code.rstrip("\n").split("\n"):
            if quoted.strip() in ("", "..."):
                continue
            if not any(same_line(quoted, line, float(within[1]) / 100 if within else None,
                                 "loose" in options) for line in printed):
                bad.append(f"{section.title}: {block.marker} does not print (any more): {quoted}")
                break
    return bad


def check_names(text, folder=LIUER):
    """Links inside the repository resolve; scripts that are named exist."""
    bad, text = [], re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if "://" not in target and not (folder / target).exists():
            bad.append(f"no such file: {target}")
    for name in set(re.findall(r"\b(?:lesson\w+|image2tensor|float32|utils)\.py\b", text)):
        if not (LIUER / name).exists():
            bad.append(f"no such script: {name}")
    own = {anchor(title) for title in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}
    bad += [f"no such heading: #{name}" for name in re.findall(r"\]\(#([^)]*)\)", text)
            if name not in own]
    return bad


def anchor(title):
    """The anchor that GitHub makes of a heading."""
    return re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")


def katex(folder):
    """Install KaTeX (npm, for the tests only) into folder; return a function that parses."""
    if not (folder / "node_modules" / "katex").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([shutil.which("npm"), "install", "--no-audit", "--no-fund", "--silent",
                        "--prefix", str(folder), KATEX], check=True, capture_output=True,
                       timeout=300)
    program = """
        const katex = require('katex');
        const bad = [];
        for (const [formula, displayMode] of JSON.parse(require('fs').readFileSync(0, 'utf8'))) {
            try { katex.renderToString(formula, {displayMode, strict: 'error'}); }
            catch (error) { bad.push(formula + ': ' + error.message); }
        }
        console.log(JSON.stringify(bad));"""

    def parse(found):
        run = subprocess.run([shutil.which("node"), "-e", program], input=json.dumps(found),
                             capture_output=True, encoding="utf-8", check=True, cwd=folder)
        return json.loads(run.stdout)

    return parse


# -------------------------------------------------------------------------------------- tests
EDITIONS = {"chinese": CHINESE, "english": ENGLISH}


def read(path):
    return path.read_text(encoding="utf-8") if path.exists() else ""


SECTIONS = sections(read(CHINESE))
TITLES = [section.title for section in SECTIONS]


@pytest.fixture(params=EDITIONS)
def edition(request):
    return read(EDITIONS[request.param])


@pytest.fixture(params=range(len(SECTIONS)), ids=TITLES)
def section(request):
    return SECTIONS[request.param]


def test_every_lecture_is_there():
    assert [lecture(title) for title in TITLES if lecture(title)] == list(range(2, 14))
    for title in ("参考资料", "线性模型", "梯度下降法", "反向传播", "PyTorch线性回归",
                  "逻辑斯谛回归", "处理多维输入", "Dataset和DataLoader", "多分类问题",
                  "卷积神经网络（基础篇）", "卷积神经网络（高级篇）", "循环神经网络（基础篇）",
                  "循环神经网络（高级篇）"):
        assert any(title in found for found in TITLES), title


def test_form(edition):
    assert check_form(edition) == []


def test_both_editions_say_the_same():
    assert check_same(read(CHINESE), read(ENGLISH)) == []


def test_python_blocks_run(section):
    assert check_python(section) == []


def test_quoted_lines_stand_in_the_script(section):
    assert check_quotes(section) == []


@pytest.mark.parametrize("slow", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_quoted_output_is_what_the_script_prints(section, run_script, slow):
    def run(name, *arguments):
        result = run_script(name, *arguments)
        assert result.returncode == 0, result.stderr
        return result.stdout

    assert check_output(section, run, slow) == []


def printed_with_the_figure(name):
    """What the run printed that drew the script's figure: images/draw.py keeps it in the PNG."""
    with Image.open(IMAGES / name.replace(".py", ".png")) as picture:
        picture.load()
        return picture.text["Output"]


def test_quoted_output_is_of_the_run_that_drew_the_figure(section):
    assert check_output(section, printed_with_the_figure, exact=True) == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_figure_and_the_table_of_the_readme_are_of_one_run(name):
    """Every number of the script's row, but for those of another kind that the row names."""
    printed = printed_with_the_figure(name)
    row = re.search(rf"^\| \[`{name}`\].*$", read(ROOT / "README.md"), re.M)[0].split(" | ")
    number = r"\d+\.\d+(?:e-\d+)?"
    assert set(re.findall(number, row[2])) <= set(re.findall(number, printed))


def test_names_and_links(edition):
    assert check_names(edition) == []


def test_every_script_and_picture_is_named(edition):
    for name in [*SCRIPTS, "utils.py"]:
        assert name in edition, name
    for path in [*IMAGES.glob("*.png"), *IMAGES.glob("*.jpg")]:
        assert f"../images/{path.name}" in edition, path.name


def terms(text, title):
    """The rows of the table of terms: lists of four cells."""
    table = text.partition(f"## {title}\n")[2]
    return [line.strip("| ").split(" | ") for line in re.findall(r"^\| .* \|$", table, re.M)][1:]


def test_the_terms_are_the_same_in_both_editions_and_are_used():
    chinese, english = terms(read(CHINESE), "术语"), terms(read(ENGLISH), "Terms")
    assert [row[:2] for row in chinese] == [row[1::-1] for row in english]
    assert len({row[0] for row in chinese}) == len(chinese) >= 80
    prose, used = read(CHINESE).partition("## 术语")[0], read(ENGLISH).partition("## Terms")[0]
    scripts = "".join(read(LIUER / name) for name in SCRIPTS)
    assert [row[0] for row in chinese if row[0] not in prose] == []
    used = (used + scripts).lower()
    assert [row[0] for row in english if row[0].lower() not in used] == []


@pytest.mark.skipif(not (shutil.which("npm") and shutil.which("node")),
                    reason="KaTeX needs Node.js")
def test_formulas_parse(edition, tmp_path_factory):
    try:
        parse = katex(tmp_path_factory.mktemp("katex"))
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"npm could not install {KATEX}: {error.stderr or error}")
    found = [formula for part in sections(edition) for formula in formulas(part.text)]
    assert len(found) > 100
    assert parse(found) == []


# ----------------------------------------------------------- the checks themselves can fail
BAD = {
    check_form: ["损失$x$是", "a $x$b", "$ x$", "$\\{1\\}$", "$a < b$", "$$ x $$",
                 "$$\nx\n= y\n$$", "$x", "<b>bold</b>", "a <details>"],
    check_names: ["[a](nowhere.py)", "`lesson99.py`", "[a](#nowhere)"],
}


@pytest.mark.parametrize(("check", "text"), [(c, t) for c, ts in BAD.items() for t in ts])
def test_a_wrong_text_is_found(check, text):
    assert check(text) != []


def test_a_right_text_is_not():
    text = ("<details><summary>a</summary>\n\n损失 $x$ 是，`$HOME`\n\n</details>\n\n"
            "$$\nx &= 1 \\\\\n&= y\n$$\n\n[a](utils.py) [b](#h)\n# H\n")
    assert check_form(text) == [] and check_names(text) == []


def test_wrong_code_is_found():
    def one(kind, marker, code):
        return Section("t", "", [Block(kind, marker, code, 1)])

    assert check_python(one("python", "", "1 / 0"))
    assert not check_python(one("python", "", "x = 1"))
    both = [Block("python", "", "print(1)", 1), Block("text", "output", "2", 2)]
    assert check_python(Section("t", "", both))
    assert check_quotes(one("python", "quote utils.py", "class NotThere:"))
    assert not check_quotes(one("python", "quote utils.py", "import inspect\n...\nimport sys"))

    def out(marker, code):
        return check_output(one("text", f"output a.py{marker}", code), lambda *a: "w 1.00 | 2.0 s")

    assert not out("", "w 1.00 | 9.9 s") and out("", "w 1.01 | 2.0 s")
    assert not out(" | within 2%", "w 1.01 | 7.0 s") and out(" | within 2%", "w 1.05 | 2.0 s")
    near, far = ("test 99.06%", "test 98.70%"), ("test 99.06%", "test 98.50%")
    assert same_line(*near, 0.2, False) and not same_line(*far, 0.2, False)
    assert same_line("w 11.35%", "w 9.80%", 0.2, False)
    assert not same_line("w 11.35%", "w 8.80%", 0.2, False)
    assert not check_output(one("text", "output a.py | within 9%", "w 1"), lambda *a: "w 1",
                            exact=True)
    assert check_output(one("text", "output a.py | within 9%", "w 1.0"), lambda *a: "w 1.01",
                        exact=True)
    assert not out(" | loose", "w 7") and out(" | loose", "v 7")


def test_a_difference_between_editions_is_found():
    base = "## 第三讲 a\n\n$x$ 5 ![p](../images/a.png) `lesson3.py`\n\n```python\n1\n```\n"
    english = base.replace("第三讲 a", "Lecture 3: a")
    assert check_same(base, english) == []
    for old, new in [("$x$", "$y$"), (" 5 ", " 6 "), ("a.png", "b.png"), ("\n1\n", "\n2\n"),
                     ("## Lecture 3", "## Lecture 4"), ("\n\n$", "\n\n### h\n\n$")]:
        assert check_same(base, english.replace(old, new)) != [], new


if __name__ == "__main__":  # python tests/test_notes.py CHINESE.md ENGLISH.md: check two pieces
    sys.path[:0] = [str(LIUER)]
    os.environ["MPLBACKEND"] = "agg"
    cache = Path(tempfile.gettempdir()) / "notes_runs"
    cache.mkdir(exist_ok=True)

    def cached(name, *arguments):
        key = cache / ("_".join([name, *arguments]).replace("/", "-") +
                       f"-{(LIUER / name).stat().st_mtime_ns}")
        if not key.exists():
            run = subprocess.run([sys.executable, "-W", "error", str(LIUER / name), *arguments],
                                 cwd=cache, capture_output=True, encoding="utf-8",
                                 env={**os.environ, "OMP_NUM_THREADS": "1"}, check=True)
            key.write_text(run.stdout, encoding="utf-8")
        return key.read_text(encoding="utf-8")

    texts = [Path(name).read_text(encoding="utf-8") for name in sys.argv[1:3]]
    problems = check_same(*texts)
    for piece in texts:
        problems += check_form(piece) + check_names(piece)
    for piece in sections(texts[0]):
        problems += check_python(piece) + check_quotes(piece) + check_output(piece, cached)
    problems += katex(Path(tempfile.gettempdir()) / "katex")(
        [formula for piece in sections(texts[0]) for formula in formulas(piece.text)])
    print("\n".join(problems) or "all right")
