"""A small chapter that keeps every rule of `chapter_rules.py`, with outputs as if it had been run."""

from copy import deepcopy
from functools import cache
from string import Template

import jupytext
import links
import nbformat
from chapter_rules import KINDS
from chapters import Course

NAME, LATER = "04-made-up", "05-later"

LESSON = r"""# %% [markdown] slideshow={"slide_type": "slide"}
# # 04 · Made up
#
# **Promise: you will see every rule of a chapter kept.**
#
# *25 minutes to read, 40 to do · You need: patience · [Run it on Binder](BINDER) ·
# [Open it in Colab](COLAB) · [Read it as a page](PAGE)*
#
# ## Goals
#
# - keep each rule,
# - break each rule.
#
# **The question:** Can every rule fail?
#
# **Terms:** red herring, stable entry

# %% slideshow={"slide_type": "skip"}
from importlib.util import find_spec

import numpy as np

INSTALLING
from nnlib.course import exercises, explorers

eta = 0.25

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 1 · Fish
#
# A **red herring** points the wrong way (Author 1999). With $\eta = 0.25$ three of them fall by 12.5 %, as in
# section 12. As *stable entries* come first, red herrings come second. Ten times $10^{-6}$ is $10^{-5}$. What
# [late terms](05-later.ipynb) are is told there: chapter 5 defines the late term.

# %% tags=["nbval-check-output"]
print("fall", eta / 2, 1e-6, 1e-5)

# %% slideshow={"slide_type": "slide"}
dial = explorers.dial(eta)
dial

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should see</summary>
#
# The loss falls below 0.07 at once.
#
# </details>

# %% tags=["claims"] jupyter={"source_hidden": true}
# "The loss falls below 0.07 at once"
seen = dial.table
assert (seen["loss"] < 0.07).all()

# %% [markdown] nnlib={"numbers": "given"}
# By hand: 31 + 41 is 72.

# %%
by_hand = sum([eta, eta])

# %% slideshow={"slide_type": "slide"}
explorers.race(eta)

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Try this**
#
# - *small:* drag.

# %% tags=["claims"] jupyter={"source_hidden": true}
# "drag"
assert by_hand > 0
"""

EXERCISE = Template("""
# %% [markdown] slideshow={"slide_type": "slide"}
# ### Exercise $i · $kind
#
# Return $i.

# %% tags=["exercise"]
def answer_$i():
    return ...


exercises.made_up.check_$i(answer_$i)

# %% [markdown]
# <details><summary>Hint</summary>
#
# It is in the data: 4711.
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def answer_$i():
#     return $i
# ```
#
# </details>
""")

END = """
# %% [markdown] slideshow={"slide_type": "slide"}
# ## 2 · What you can now do
#
# 1. Who?
# 2. What?
# 3. Where?
#
# <details><summary>Answers</summary>
#
# 1. You.
# 2. This.
# 3. Here.
#
# </details>
#
# ### References
#
# - A. Author (1999), *On late terms*.
# - B. Author (2001), *On later terms*: 77 pages.
# - C. Author (2003), *On the latest terms*.
#
# **Previous** (planned): 03 · Before. **Next:** [05 · Later](05-later.ipynb).
"""


def made_up() -> nbformat.NotebookNode:
    """The chapter, stored as if it had been run; a copy to be changed."""
    return deepcopy(stored())


@cache
def stored() -> nbformat.NotebookNode:
    five = [EXERCISE.substitute(i=i, kind=kind) for i, kind in enumerate(KINDS, start=1)]
    lesson, file = LESSON.replace("INSTALLING\n", links.installing()), NAME + ".ipynb"
    for name, link in {"BINDER": links.binder, "COLAB": links.colab, "PAGE": links.page}.items():
        lesson = lesson.replace(f"({name})", f"({link(file)})")
    source = "".join([lesson, *five, END])
    notebook = jupytext.reads(source, fmt="py:percent")
    for i, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), start=1):
        cell.execution_count = i
        cell.outputs = outputs_of(cell)
    return notebook


def outputs_of(cell: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    if "exercise" in cell.metadata.get("tags", []):
        return [result({"text/plain": "○ Not done yet: answer returns nothing so far."})]
    if cell.source.startswith("print"):
        return [nbformat.v4.new_output("stream", text="fall 0.125 1e-06 1e-05\n")]
    if cell.source.endswith(("dial", "race(eta)")):
        return [figure(key=str(hash(cell.source)), with_script=cell.source.endswith("dial"))]
    return []


def result(data: dict, metadata: dict | None = None) -> nbformat.NotebookNode:
    return nbformat.v4.new_output("execute_result", data=data, metadata=metadata or {})


def figure(key: str, with_script: bool) -> nbformat.NotebookNode:
    """A figure as it is stored."""
    png = "iVBORw0KGgo" + "A" * 300_000
    picture = f'<img alt="A dial." src="data:image/png;base64,{png}">'
    script = '<script data-nnlib="figures">const f = 1 < 2;</script>\n' if with_script else ""
    card = f'<div class="nnlib-figure" data-record="{key}">{picture}</div>\n'
    record = '<script data-nnlib="record">1</script>'
    about = {"image/png": {"alt": "A dial.", "width": 920, "height": 380}}
    return result({"text/html": card + script + record, "image/png": png, "text/plain": "A dial."}, about)


def course(notebook: nbformat.NotebookNode) -> Course:
    """A planned chapter, this one, and a later one that defines two terms."""
    opening = nbformat.v4.new_markdown_cell("# 05 · Later\n\n**Terms:** late term, herring")
    later = nbformat.v4.new_notebook(cells=[opening])
    return Course(["03-before", NAME, LATER], {NAME: notebook, LATER: later}, {NAME: "answer = 4711"})
