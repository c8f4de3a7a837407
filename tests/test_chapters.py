"""Every chapter keeps its contract, and every rule of the contract can fail.

The rules, and what each asks for, are in `chapter_rules.py`; `made_up_chapter.py` shows a chapter that keeps them all.
"""

from decimal import Decimal

import chapter_rules as rules
import links
import nbformat
import pytest
from chapters import Chapter, Course
from made_up_chapter import NAME, course, figure, made_up, result
from stored import with_one_script, without_widgets

from nnlib import live
from nnlib.server import OURS, WIDGET

STORED = Course.stored(links.ROOT)
EVERY_RULE = [*rules.RULES, *rules.LESSON_RULES]


@pytest.mark.parametrize(
    ("chapter", "rule"),
    [
        pytest.param(chapter, rule, id=f"{chapter.name}-{rule.__name__}")
        for chapter in STORED.chapters
        for rule in rules.rules_for(chapter)
    ],
)
def test_a_chapter_keeps_its_contract(chapter, rule):
    faults = rule(chapter)
    assert not faults, f"{chapter.name}: {rule.__doc__.splitlines()[0]}\n- " + "\n- ".join(faults)


# ---- rules can fail --------------------------------------------------------------------------------------------------


def chapter_of(notebook: nbformat.NotebookNode) -> Chapter:
    return course(notebook).chapter(NAME)


@pytest.mark.parametrize("rule", EVERY_RULE, ids=lambda rule: rule.__name__)
def test_the_made_up_chapter_keeps_every_rule(rule):
    assert rule(chapter_of(made_up())) == []


def cell_with(notebook, text):
    (found,) = [cell for cell in notebook.cells if text in cell.source]
    return found


def put(old, new):
    """Another text in the one cell that has the old one."""

    def change(notebook):
        cell = cell_with(notebook, old)
        cell.source = cell.source.replace(old, new)

    return change


def drop(text):
    return lambda notebook: notebook.cells.remove(cell_with(notebook, text))


def add(*sources, make=nbformat.v4.new_code_cell):
    return lambda notebook: notebook.cells.extend(map(make, sources))


def prose(text):
    return add(text, make=nbformat.v4.new_markdown_cell)


def move(text, to):
    def change(notebook):
        cell = cell_with(notebook, text)
        notebook.cells.remove(cell)
        notebook.cells.insert(to, cell)

    return change


def both(*changes):
    return lambda notebook: [change(notebook) for change in changes]


def tags(text, *names):
    return lambda notebook: cell_with(notebook, text).metadata.update(tags=list(names))


def output(text, change):
    return lambda notebook: change(cell_with(notebook, text).outputs[0])


def many_given(notebook):
    for _ in range(rules.MOST_GIVEN):
        given = nbformat.v4.new_markdown_cell("33 + 44", metadata={"nnlib": {"numbers": "given"}})
        notebook.cells += [given, nbformat.v4.new_code_cell("1")]


def heavy_record(output):
    output.data["text/html"] += "x" * rules.FIGURE_BYTES


def heavy_chapter(notebook):
    for i in range(9):
        notebook.cells.append(nbformat.v4.new_code_cell("dial", outputs=[figure(str(i), False)]))
        notebook.cells[-1].outputs[0].data["text/html"] += "x" * (rules.FIGURE_BYTES - 1000)


def second_script(output):
    output.data["text/html"] = figure("again", True).data["text/html"]


def error_output(notebook):
    cell_with(notebook, "by_hand = ").outputs = [nbformat.v4.new_output("error", ename="E", evalue="", traceback=[])]


def unmarked(notebook):
    for cell in notebook.cells:
        cell.metadata.pop("slideshow", None)


STUB, CLAIM = "def answer_1():\n    return ...", '# "drag"\nassert by_hand > 0'
NEXT = "**Next:** [05 · Later](05-later.ipynb)"
MUTATIONS = [
    (rules.opening, put("# 04 · Made up", "# Made up"), "begin with the line '# 04 · Title'"),
    (rules.opening, put("25 minutes to read", "short"), "say what it takes"),
    (rules.opening, put("You need: patience", "patience"), "say what it takes"),
    (rules.opening, put("tree/notebooks/04-made-up.ipynb", "tree/notebooks/00-start-here.ipynb"), "link to Binder"),
    (rules.opening, put("[Open it in Colab]", ""), "link to Colab"),
    (rules.opening, put("04-made-up.html", "00-start-here.html"), "link to the book's page"),
    (rules.installing, put("from importlib.util import find_spec", ""), "import find_spec"),
    (rules.installing, put("then restart", "then start again"), "put this before the first import"),
    (rules.aims, put("**Promise: you will see every rule of a chapter kept.**", "You will see."), "promise one thing"),
    (rules.aims, put("chapter kept.**", "chapter kept. And more.**"), "promise one thing"),
    (rules.aims, put("- keep each rule,\n- break each rule.", "All rules."), "list goals"),
    (rules.aims, put("**The question:** Can", "Can"), "ask ONE question"),
    (rules.aims, put("rule fail?", "rule fail? And how?"), "ask ONE question"),
    (rules.aims, put("**Terms:** red herring, stable entry", ""), "list what the chapter defines"),
    (rules.aims, put("stable entry", "$E$"), "list what the chapter defines"),
    (rules.terms_defined, put("A **red herring**", "A red herring"), "no later cell has “red herring”"),
    (rules.terms_defined, put("red herring,", "red herring, blue fish,"), "no later cell has “blue fish”"),
    (rules.terms_defined, put("red herring,", "red herring, Late term,"), "a term of 05-later too"),
    (rules.terms_in_order, prose("Many late\nterms are used."), "“late term” comes in 05-later"),
    (rules.terms_in_order, prose("Chapter 3 has 5 late-term sums."), "“late term” comes in 05-later"),
    (rules.terms_in_order, prose("## A herring"), "“herring” comes in 05-later"),
    (rules.claims_below, drop('0.07 at once"'), "cell 5: put a claims cell"),
    (rules.claims_below, drop('# "drag"'), "cell 10: put a claims cell"),
    (rules.claims_below, both(put("What you should see", "Why"), drop('0.07 at once"')), "cell 5: put a claims cell"),
    (rules.claims_hold, put(CLAIM, '# "drag"\nby_hand'), "must assert"),
    (rules.claims_hold, put(CLAIM, "assert by_hand > 0"), "put each sentence"),
    (rules.claims_hold, put(CLAIM, '# "drag"\n\nassert by_hand > 0'), "put each sentence"),
    *(
        (rules.claims_hold, put("assert by_hand > 0", f"assert {test}"), "cannot fail")
        for test in ("True", "seen", "not seen", "(by_hand > 0, 'fell')", "by_hand > 0 or 1", "eta == eta", "1 > 0")
    ),
    (rules.claims_hold, lambda notebook: cell_with(notebook, CLAIM).metadata.pop("jupyter"), "is folded code"),
    (rules.numbers, put("falls below 0.07 at once.\n", "falls to 0.08.\n"), "has the number 0.08"),
    (rules.numbers, put("fall by 12.5 %", "fall by 12.5"), "has the number 12.5"),
    (rules.numbers, put("$10^{-5}$", "$10^{-7}$"), "has the number 1e-7"),
    (rules.numbers, tags("print(", "other"), "has the number 12.5"),
    (rules.numbers, put('["loss"] < 0.07', '["loss"] < 1'), "has the number 0.07"),
    (rules.numbers, prose("It is in the data: 4711."), "has the number 4711"),
    (rules.given_numbers, both(drop("by_hand = sum"), drop("explorers.race")), "the next cell must compute"),
    (rules.given_numbers, many_given, "at most 4 cells"),
    (rules.code, add("assert np.allclose(a, b)"), "allclose lets zeros pass"),
    (rules.code, add("from numpy import isclose\nisclose(1, 2)"), "isclose lets zeros pass"),
    (rules.code, add("live.Prediction('Which?', ['a', 'b'])"), "out of the reader's sight"),
    (rules.code, add("question(answer=1)"), "out of the reader's sight"),
    (rules.code, add("import matplotlib.pyplot as plt"), "plotting code stands in"),
    (rules.code, add("from matplotlib import pyplot"), "plotting code stands in"),
    (rules.code, add("a = 1\n" * 26), "26 lines"),
    (rules.code, add("this is no Python"), "no Python"),
    (rules.two_figures, drop("explorers.race"), "at least two live figures, here are 1"),
    (rules.figures, output("explorers.race", lambda o: o.metadata["image/png"].update(alt=" ")), "must have alt"),
    (rules.figures, output("explorers.race", lambda o: o.metadata["image/png"].pop("width")), "must have alt"),
    (rules.figures, output("explorers.race", lambda o: o.data.pop("text/html")), "the recorded form"),
    (rules.figures, output("explorers.race", heavy_record), "the record has 250 kB"),
    (rules.figures, heavy_chapter, "2000 is the most for a chapter"),
    (rules.one_script, output("explorers.race", second_script), "only the first figure"),
    (rules.one_script, move("explorers.race", 1), "only the first figure"),
    (rules.no_dead_widgets, output("explorers.race", lambda o: o.data.update({WIDGET: {}})), "a widget of a kernel"),
    (rules.no_dead_widgets, lambda notebook: notebook.metadata.update(widgets={}), "the state of widgets"),
    (rules.exercises, tags(STUB), "must be one of each kind"),
    (rules.exercises, put("Exercise 2 · build", "Exercise 2 · by hand"), "must be one of each kind"),
    (rules.exercises, put("Exercise 2 · build", "Exercise 2 · write"), "must be '### Exercise 2 · kind'"),
    (rules.exercises, put("Exercise 3 · read", "Exercise 4 · read"), "must be '### Exercise 3 · kind'"),
    (rules.exercises, put("### Exercise 3 · read", ""), "must be '### Exercise 3 · kind'"),
    (rules.exercises, tags("    return 4\n", "answer"), "must be the folded Solution"),
    (rules.exercises, move(STUB, -1), "must be the folded Hint"),
    (rules.stubs, output(STUB, lambda o: o.data.update({"text/plain": "✓"})), "not done yet"),
    (rules.stubs, put(STUB, "def by_hand():\n    return ..."), "redefines by_hand"),
    (rules.stubs, put(STUB, "seen, eta = 1, 2"), "redefines eta, seen"),
    (rules.quiz, put("What you can now do", "The end"), "a heading 'What you can now do' is missing"),
    (rules.quiz, put("3. Where?\n", ""), "three questions, as a numbered list, here are 2"),
    (rules.quiz, put("\n3. Here.", ""), "here are 2"),
    (rules.references, put("### References", "Books:"), "here are 0"),
    (rules.references, put("- A. Author (1999), *On late terms*.\n", ""), "here are 2"),
    (rules.references, put("A. Author (1999), *On late terms*", "A. Author"), "no year: A. Author"),
    (rules.neighbors, both(put(NEXT, ""), put("(05-later.ipynb)", "()")), "link to the next chapter"),
    (rules.neighbors, put("(planned): 03 · Before", ""), "03-before, in a line that says 'planned'"),
    (rules.neighbors, prose("[06 · Last](06-last.ipynb)"), "06-last.ipynb is linked and does not exist"),
    (rules.size, add(*["1"] * 50), "cells are too many"),
    (rules.size, unmarked, "0 of 33 cells have a slide type"),
    (rules.stored_as_run, add("never_run"), "once from top to bottom"),
    (rules.stored_as_run, error_output, "an error is stored"),
]


@pytest.mark.parametrize(("rule", "mutate", "words"), MUTATIONS, ids=lambda value: getattr(value, "__name__", None))
def test_a_rule_finds_what_breaks_it_and_says_so(rule, mutate, words):
    notebook = made_up()
    mutate(notebook)
    faults = rule(chapter_of(notebook))
    assert any(words in fault for fault in faults), faults


def test_no_rule_is_without_a_chapter_that_breaks_it():
    assert {rule for rule, _, _ in MUTATIONS} == set(EVERY_RULE)


@pytest.mark.parametrize(
    "text",
    [
        "A red-herring matters.",  # its own term, which has a later one in it
        "[Late terms](05-later.ipynb) wait.",
        "Chapter 5 explains the late term.",
        "The late term comes in chapters 4 to 6.",
        "See chapters 3 and 5 for late terms.",
        "`late_term`, `late term`, $late term$",
        "| [05-later](05-later.ipynb) | the late term | planned |",
        "### References\n\n- A. Author (1999), *The late term*.",
        "**Next** (planned): the late term.",
        "The latest terms are other words.",
    ],
)
def test_a_later_term_may_stand_in_links_pointers_references_and_beside_its_chapter(text):
    notebook = made_up()
    prose(text)(notebook)
    assert rules.terms_in_order(chapter_of(notebook)) == []


def test_the_page_of_reference_may_use_every_term_and_its_table_may_define_them():
    words = "A late term.\n\n| symbol | meaning |\n|---|---|\n| $s$ | stable entry |"
    reference = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(words)])
    notebook, later = made_up(), nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("**Terms:** late term")])
    put("*stable entries*", "stable entries")(notebook)
    assert rules.terms_defined(chapter_of(notebook))
    whole = Course([NAME, "18-late", "17-notation"], {NAME: notebook, "18-late": later, "17-notation": reference})
    assert rules.terms_defined(whole.chapter(NAME)) == rules.terms_in_order(whole.chapter("17-notation")) == []
    assert not set(rules.rules_for(whole.chapter("17-notation"))) & set(rules.LESSON_RULES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from 0.35 to −3.72, at 1.5e-3 or (.07)", "0.35 3.72 0.0015 0.07"),
        ("$10^{-6}$, $10^5$, 10⁻⁶, $3 \\cdot 10^{-2}$, 4·10⁻³ and $2\\times10^{2}$", "1e-6 1e5 1e-6 0.03 0.004 200"),
        ("12 000, 12\u202f000, $12\\,000$, 12{,}000, 12,000", "12000 12000 12000 12000 12000"),
        ("a 41 × 31 matrix, a 1-10-1 network, 28 of 33 steps, 5–14", "41 31 10 28 33 14"),
        ("two, 2, seven of 9, $x^2$, $x^{12}$, $w_{11}$, x², $e^{-0.5}$, $\\tfrac12$, $0.2^2$", "0.2"),
        ("## 12 steps\n\n11. Marquardt (1963), Lee et al. 1994, of 1963 is, Yu & Lee, 2010\n12) in 1944.", ""),
        ("of 1600 starts, 2000 steps, in step 12", "1600 2000 12"),
        ("chapter 11, Section 5.2, chapters 12, 13 and 14–16, equation (17), Exercise 12, in 07", ""),
        ("[12 ways](https://a.org/12.5) at https://a.org/33, ![50](x.png), MGH17, Eckerle4, w12", ""),
        ("<img width='400'>, 60°, 90%", "60 90"),
    ],
)
def test_numbers_that_must_be_checked_are_read_as_they_are_written(text, expected):
    assert [readings[0] for _, readings in rules.quoted(text)] == [{Decimal(number)} for number in expected.split()]


def test_code_and_outputs_know_a_number_however_it_is_written():
    known = rules.numerals("f(1e-3, 0.5, .25, x2, 10_000)", "loss -3.72, 1,234, [10,100]")
    assert {Decimal(text) for text in "0.001 0.5 0.25 10000 3.72 1234 10 100".split()} <= known
    assert Decimal(2) not in known


# ---- what chapters are stored with -----------------------------------------------------------------------------------


def test_stored_notebooks_have_no_widgets_and_the_figures_script_once():
    view = result({WIDGET: {"model_id": "x"}, "text/html": "<b>bold</b>", "text/plain": "a"}, {OURS: "figure"})
    figures = [figure(key, with_script=True) for key in "abc"]
    cells = [nbformat.v4.new_code_cell("dial", outputs=[output]) for output in [view, *figures]]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"widgets": {}})

    for _ in range(2):  # again changes nothing
        assert with_one_script(without_widgets(notebook)) is notebook
        assert view.data == {"text/html": "<b>bold</b>", "text/plain": "a"} and "widgets" not in notebook.metadata
        assert figures == [
            figure("a", with_script=True),
            figure("b", with_script=False),
            figure("c", with_script=False),
        ]


def test_figures_that_were_run_and_stored_keep_the_rules(monkeypatch):
    monkeypatch.setenv("NNLIB_RECORD", "always")  # as `make notebooks` does
    board = live.Board()
    board.line("dot", board.axes[0], marker="o")

    def show(x):
        return live.Frame({"dot": (x, x)}, {"x": x}, "A point at {x} and {x}.")

    dial = live.figure(board, show, [live.Slider("x", "x, place", [0.0, 0.5, 1.0], start=0.5)])
    bundle, about = dial._repr_mimebundle_()
    cells = [nbformat.v4.new_code_cell("dial", outputs=[result(dict(bundle), about)]) for _ in range(2)]
    notebook = with_one_script(without_widgets(nbformat.v4.new_notebook(cells=cells)))
    chapter = chapter_of(notebook)
    for rule in (rules.two_figures, rules.figures, rules.one_script, rules.no_dead_widgets):
        assert rule(chapter) == []
