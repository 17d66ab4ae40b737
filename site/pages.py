"""Cut both editions of the notes, which stay as they are, into one page a lecture.

The pages lie below site/ where the notes lie in the repository, and whatever they link to (a
picture, a script) is put at its own path, so that the links hold as they are written.
"""

import os
import re
import shutil
from pathlib import Path
from urllib.parse import unquote

from sphinx.search.en import SearchEnglish

SITE = Path(__file__).resolve().parent
ROOT = SITE.parent
NOTES = {"": ROOT / "liuer" / "README.md", ".en": ROOT / "liuer" / "README.en.md"}
HIDDEN = "---\norphan: true\nnosearch: true\n---\n\n"     # not in the side bar, not in the search
CHINESE = {"Search": "搜索", "Next": "下一页", "Previous": "上一页", "On this page": "本页",
           "Home": "首页", "Back to top": "回到页首"}


class Search(SearchEnglish):
    """English by the stems of its words; Chinese, which has no spaces, by pairs of characters."""

    lang = "zh"
    js_splitter_code = r"""
function splitQuery(query) {
  const pairs = (run) => ` ${run.replace(/.(?=(.))/g, "$&$1 ").slice(0, -1) || run} `;
  return query.replace(/[\u4e00-\u9fff]+/g, pairs).match(/[\p{L}\p{N}_]+/gu) || [];
}"""

    def split(self, text):
        text = re.sub(r"([\u4e00-\u9fff])(?=([\u4e00-\u9fff]))", r"\1 \1\2 ", text)
        return re.findall(r"[\u4e00-\u9fff]+|[^\W\u4e00-\u9fff]+", text)


def page_names(parts):
    """README for the front part, lecture2, ..., terms: from the English headings."""
    names = ["README"]
    for part in parts[1:]:
        title = part.split("\n")[0].removeprefix("## ").lower()
        title = re.sub(r"^lecture (\d+).*", r"lecture\1", title)
        names.append(re.sub(r"\W+", "-", title))
    return names


def write_page(path, text, done):
    (SITE / path).parent.mkdir(parents=True, exist_ok=True)
    (SITE / path).write_text(text, encoding="utf-8")
    write_linked(path, text, done)


def write_linked(path, text, done):
    """Put what a page links to at its place, unless that is done: a script as a page with its
    source, a text as a page, a picture as it is."""
    for link in re.findall(r"\]\(([^()#:\s]+)", text):
        file = Path(os.path.normpath(ROOT / path.parent / unquote(link)))
        if not file.exists() or file in done:
            continue
        done.add(file)
        there = file.relative_to(ROOT)
        page = there.with_name(f"{there.name}.md")
        if file.suffix in (".png", ".jpg"):
            (SITE / there).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, SITE / there)
        elif file.suffix == ".md":
            write_page(there, HIDDEN + file.read_text(encoding="utf-8"), done)
        elif file.is_dir():
            names = sorted(script.name for script in file.glob("*.py"))
            links = "".join(f"- [{name}]({file.name}/{name})\n" for name in names)
            write_page(page, f"{HIDDEN}# {file.name}\n\n{links}", done)
        else:
            language = "python" if file.suffix == ".py" else "text"
            write_page(page, f"{HIDDEN}# {file.name}\n\n```{{literalinclude}} "
                       f"/../{there.as_posix()}\n:language: {language}\n```\n", done)


def write_notes(app):
    """One page for each "## " of the notes, with a label before every heading, which a link to
    GitHub's anchor of it finds on any page."""
    shutil.rmtree(SITE / "liuer", ignore_errors=True)
    parts = {end: re.split(r"(?m)^(?=## )", notes.read_text(encoding="utf-8"))
             for end, notes in NOTES.items()}
    names = page_names(parts[".en"])
    done = set(NOTES.values())
    write_linked(Path("index.md"), (SITE / "index.md").read_text(encoding="utf-8"), done)
    for end, texts in parts.items():
        slugs = []

        def heading(match, end=end, slugs=slugs):
            slug = re.sub(r"[^\w\- ]", "", match[2].strip().lower()).replace(" ", "-")
            slugs.append(slug)
            number = f"-{slugs.count(slug) - 1}" if slugs.count(slug) > 1 else ""
            return f"(anchor{end}-{slug}{number})=\n{match[1].removeprefix('#') or '#'} {match[2]}"

        for name, text in zip(names, texts, strict=True):
            pieces = re.split(r"(?ms)^(```.*?^```$)", text)
            for i in range(0, len(pieces), 2):      # what lies between blocks of code
                piece = pieces[i].replace("](#", f"](#anchor{end}-")
                pieces[i] = re.sub(r"(?m)^(#+) (.+)$", heading, piece)
            text = "".join(pieces)
            if name == "README":
                rest = "\n".join(f"{other}{end}" for other in names[1:])
                text += f"\n```{{toctree}}\n:hidden:\n\n{rest}\n```\n"
            else:
                label, title, rest = text.split("\n", 2)
                switch = f"[中文]({name}.md)" if end else f"[English]({name}.en.md)"
                text = f"{label}\n{title}\n\n{switch}\n{rest}"
            write_page(Path("liuer", f"{name}{end}.md"), text, done)


def forget_labels(app, env, names):
    """Without the labels of an earlier build: a heading more or less moves them between pages."""
    for name in names:
        app.emit("env-purge-doc", env, name)
        env.clear_doc(name)


def page_context(app, page, template, context, doctree):
    """The language of a page, and of the theme's words around it."""
    chinese = page.startswith("liuer/") and not page.endswith((".en", ".py"))
    context["language"] = "zh-CN" if chinese else "en"
    if chinese:
        context["_"] = context["gettext"] = lambda text: CHINESE.get(text, text)


def setup(app):
    app.add_search_language(Search)
    app.connect("builder-inited", write_notes)
    app.connect("env-before-read-docs", forget_labels)
    app.connect("html-page-context", page_context)
