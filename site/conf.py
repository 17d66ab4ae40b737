"""The notes as a website, one page a lecture, in both languages: sphinx-build -W site site/build"""

import importlib.util
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent))

project = html_title = "PyTorch深度学习实践"
extensions = ["myst_parser", "sphinx.ext.mathjax", "pages"]
exclude_patterns = ["build"]
myst_enable_extensions = ["dollarmath"]
smartquotes = False

html_theme = "furo"
html_copy_source = False
html_use_index = False
html_show_copyright = False
html_favicon = "icon.svg"
html_search_language = "zh"     # pages.py has its words
# The one script draws every formula as SVG: no fonts, nothing from the network, from disk as well.
mathjax_path = "tex-svg.js"
mathjax = Path(importlib.util.find_spec("sphinx-mathjax-offline").origin).parent
html_static_path = ["site.css", "print.css", str(mathjax / "static" / "mathjax" / mathjax_path)]
html_css_files = ["site.css", ("print.css", {"media": "print"})]
