"""The course as a static site: `make book`. Chapters are stored executed; nothing runs here."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # course_site.py
ROOT = Path(__file__).parents[1]
REPOSITORY = re.search(r'Repository = "(.+?)"', (ROOT / "pyproject.toml").read_text("utf-8"))[1]

project = "Neural networks you can touch"
author = "The nnlib contributors"
copyright = "the nnlib contributors: text and figures CC BY 4.0, code BSD 3-Clause"

extensions = ["myst_nb", "sphinx.ext.autodoc", "numpydoc", "course_site"]
root_doc = "README"
include_patterns = ["README.md", "CONTRIBUTING.md", "notebooks/*.ipynb", "book/*.rst", "book/*.md"]

nb_execution_mode = "off"
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_dmath_double_inline = True  # a formula of its own may stand in an item of a list, as in Jupyter
myst_heading_anchors = 3
myst_heading_slug_func = "course_site.jupyter_slug"
mathjax_path = "tex-svg.js"  # one file, no fonts: works from file:// too

numpydoc_show_class_members = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"

html_theme = "sphinx_book_theme"
html_title = project
html_context = {"default_mode": "auto"}  # light or dark, as the reader's system is
html_static_path = [str(Path(__file__).parent / "_static")]
html_css_files = ["course.css"]
html_copy_source = html_show_sourcelink = False
html_theme_options = {
    "repository_url": REPOSITORY,
    "repository_branch": "main",
    "use_repository_button": True,
    "use_issues_button": True,
    "home_page_in_toc": True,
    "navbar_persistent": [],  # no second search box above the page
    "show_toc_level": 2,
    "launch_buttons": {
        "binderhub_url": "https://mybinder.org",
        "notebook_interface": "jupyterlab",
        "colab_url": "https://colab.research.google.com",
    },
}
