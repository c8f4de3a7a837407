"""The contract that every chapter keeps, as rules over the stored notebooks.

A rule takes a chapter and returns its faults: sentences with the cell's number (the first cell is 0) and what to do.
`RULES` lists those for every page, `LESSON_RULES` those that a page of reference need not keep. Nothing runs here: that
the cells run, and that their output comes out as stored, is nbval's part.

One escape: a markdown cell with the metadata `{"nnlib": {"numbers": "given"}}` holds a worked example whose numbers are
the givens of the example. The cell after it must be the code that computes it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import cache

import links
from chapters import Cell, Chapter, without_blocks, without_code, without_formulas, without_links
from stored import FRONT_END

from nnlib.server import WIDGET

CHECKED = "nbval-check-output"
KINDS = ["by hand", "build", "read", "bug hunt", "contest"]
MOST_CELLS, MOST_LINES, MOST_GIVEN = 75, 25, 4
FIGURE_BYTES, CHAPTER_BYTES = 250_000, 2_000_000
MEND = "run `make notebooks`"


# ---- 1: the opening --------------------------------------------------------------------------------------------------


def opening(chapter: Chapter) -> list[str]:
    """Title, a line of facts, and the links that run the chapter and show it as a page."""
    cell, to = chapter.cells[0], chapter.name + ".ipynb"
    places = {"Binder": links.binder(to), "Colab": links.colab(to), "the book's page": links.page(to)}
    facts = re.search(r"\d+ minutes to read.*You need: \S", cell.source, re.DOTALL)
    return cell.faults(
        (re.match(rf"# {chapter.number} · \S", cell.source), f"begin with the line '# {chapter.number} · Title'"),
        (facts, "say what it takes: 'NN minutes to read, NN to do · You need: …'"),
        *((f"]({link})" in cell.source, f"link to {place}: {link}") for place, link in places.items()),
    )


def installing(chapter: Chapter) -> list[str]:
    """The first code cell installs nnlib where it is missing, or says what to do, in the same words everywhere."""
    first, words = chapter.code[0], links.installing()
    return first.faults(
        ("from importlib.util import find_spec" in first.source, "import find_spec from importlib.util"),
        ("\n" + words in first.source, f"put this before the first import from nnlib:\n{words}"),
    )


def aims(chapter: Chapter) -> list[str]:
    """A promise, goals, one question, and the terms that the chapter defines."""
    cell, paragraphs = chapter.cells[0], chapter.cells[0].source.split("\n\n")
    bold = [text for text in paragraphs if re.fullmatch(r"\*\*(?!The question|Terms).+\*\*", text, re.DOTALL)]
    goals = re.search(r"^#+ Goals$(.*?)(^#|\Z)", cell.source, re.MULTILINE | re.DOTALL)
    questions = [text for text in paragraphs if text.startswith("**The question:**")]
    are_words = all(re.fullmatch(r"\w[\w '’–-]*", term) for term in chapter.terms)
    return cell.faults(
        ([sentence_ends(text) for text in bold] == [1], "promise one thing: a paragraph in bold, one sentence"),
        (goals and len(re.findall(r"^- \S", goals[1], re.MULTILINE)) > 1, "list goals below a heading '## Goals'"),
        (
            [(text.count("?"), text[-1]) for text in questions] == [(1, "?")],
            "ask ONE question, in a paragraph '**The question:** …?'",
        ),
        (
            chapter.terms and are_words,
            "list what the chapter defines, words only, in a paragraph '**Terms:** one term, another term'",
        ),
    )


def sentence_ends(text: str) -> int:
    return len(re.findall(r"[.!?](?=\W*(\s|$))", text))


# ---- 2: terms --------------------------------------------------------------------------------------------------------


def terms_defined(chapter: Chapter) -> list[str]:
    """Every term of the chapter's list is defined in it (bold or italics), or in the reference's table; none twice."""
    others = [other for other in chapter.course.chapters if other is not chapter]
    places = [emphasis for cell in chapter.text[1:] for emphasis in emphases(cell)]
    places += [row for other in others if other.is_reference for row in table_rows(other)]
    homes = {plain(term): other.name for other in others for term in other.terms}
    faults = []
    for term in filter(is_a_word, chapter.terms):
        home = homes.get(plain(term))
        faults += chapter.cells[0].faults(
            (any(word(term).search(plain(text)) for text in places), f"no later cell has “{term}” in bold or italics"),
            (home is None, f"“{term}” is a term of {home} too: one of the two defines it"),
        )
    return faults


def terms_in_order(chapter: Chapter) -> list[str]:
    """No term of a later chapter is used, except in a sentence that names the chapter where it comes."""
    homes = {term: other for other in reversed(chapter.course.chapters) for term in filter(is_a_word, other.terms)}
    faults = []
    for cell, text in [] if chapter.is_reference else chapter.prose:
        for sentence in sentences(text):
            for term in terms_in(plain(without_formulas(without_links(sentence))), homes):
                home = homes[term]
                early = home.number > chapter.number and not names(sentence, home)
                say = f"“{term}” comes in {home.name}: use other words, or name that chapter in the same sentence"
                faults += cell.faults((not early, say))
    return list(dict.fromkeys(faults))


def terms_in(text: str, terms: Iterable[str]) -> Iterator[str]:
    """The terms that a plain text uses; where one is a part of another, “rate” of “learning rate”, the longer one."""
    for term in sorted((term for term in terms if beginning(term) in text), key=len, reverse=True):
        text, uses = word(term).subn("·", text)
        if uses:
            yield term


def is_a_word(term: str) -> bool:
    return len(term) > 1


def emphases(cell: Cell) -> list[str]:
    return re.findall(r"(?<![\w*])\*{1,2}(?=\S)([^*]+?)\*{1,2}", without_formulas(without_code(cell.source)))


def table_rows(chapter: Chapter) -> list[str]:
    return [line for line in chapter.page.splitlines() if line.startswith("|")]


def plain(text: str) -> str:
    """As it is compared: small letters, one kind of dash."""
    return re.sub("[‐‑–—−]", "-", text).casefold()


@cache
def beginning(term: str) -> str:
    """What a text has wherever it has the term, for a quick look."""
    return re.split(r"[\s-]", plain(term))[0][:-1]


@cache
def word(term: str) -> re.Pattern:
    """Finds a term in plain text, in the plural too, over line ends and with a dash or a space inside."""
    stem, last = plain(term)[:-1], plain(term)[-1]
    stem = r"[\s-]+".join(map(re.escape, re.split(r"[\s-]+", stem)))
    end = "(?:y|ies)" if last == "y" else re.escape(last) + "(?:e?s)?"
    return re.compile(rf"(?<!\w){stem}{end}(?!\w)")


def sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?])\s+(?=[^a-z])|\n\s*\n|\n\s*(?=[-*|] |\d+\. )", text)


def names(sentence: str, chapter: Chapter) -> bool:
    """Whether a sentence says where a chapter is: "chapter 14", "chapters 12 to 15", "14 · …", or a link to it."""
    listed = " ".join(re.findall(r"chapters?\s((?:\d+|,|and|or|to|[–-]|\s)+)", sentence, re.IGNORECASE))
    spans = re.findall(r"(\d+)(?:\s*(?:to|–|-)\s*(\d+))?", listed)
    inside = any(int(first) <= int(chapter.number) <= int(last or first) for first, last in spans)
    return inside or chapter.name in sentence or f"{chapter.number} ·" in sentence


# ---- 3: claims -------------------------------------------------------------------------------------------------------


def claims_below(chapter: Chapter) -> list[str]:
    """What a figure shows, and what a reader is told to try, is asserted right below."""
    faults = []
    for cell in chapter.text:
        below = any("claims" in other.tags for other in chapter.after(cell, 2))
        say = "put a claims cell (tag claims) at most two cells below, which asserts what this cell says"
        faults += cell.faults((below or not tells_what_happens(chapter, cell), say))
    return faults


def tells_what_happens(chapter: Chapter, cell: Cell) -> bool:
    says = re.search(r"(<summary>|^#+ |^\*\*)[^<\n]*?(What you should see|Try this)", cell.source, re.MULTILINE)
    below_figure = cell.number > 0 and chapter.cells[cell.number - 1].has_figure
    return bool(says) or (below_figure and "<details" in cell.source)


def claims_hold(chapter: Chapter) -> list[str]:
    """A claims cell is folded code that asserts sentences, each of which stands above its assertions as a comment."""
    faults = []
    for cell in chapter.tagged("claims"):
        asserts = [node for node in cell.nodes if isinstance(node, ast.Assert)]
        faults += cell.faults(
            (
                cell.kind == "code" and cell.metadata.get("jupyter", {}).get("source_hidden") is True,
                'a claims cell is folded code: set its metadata {"jupyter": {"source_hidden": true}}',
            ),
            (asserts, "a claims cell must assert what the text above it says"),
            (
                all(has_comment_above(cell, node) for node in asserts),
                "put each sentence, as a comment, right above the lines that assert it",
            ),
            *((not is_trivial(node.test), f"`{ast.unparse(node)}` cannot fail: compare numbers") for node in asserts),
        )
    return faults


def has_comment_above(cell: Cell, node: ast.Assert) -> bool:
    """Whether a comment stands above an assert and no empty line between them."""
    for line in reversed(cell.source.splitlines()[: node.lineno - 1]):
        if not line.strip() or line.lstrip().startswith("#"):
            return bool(line.strip())
    return False


def is_trivial(test: ast.expr) -> bool:
    """A constant, a name alone, a tuple (always true), a thing compared with itself; behind `not`, `and`, `or` too."""
    if isinstance(test, ast.UnaryOp):
        return is_trivial(test.operand)
    if isinstance(test, ast.BoolOp):
        return any(map(is_trivial, test.values))
    if isinstance(test, ast.Compare):
        sides = [test.left, *test.comparators]
        return all(isinstance(side, ast.Constant) for side in sides) or len(set(map(ast.dump, sides))) == 1
    return isinstance(test, (ast.Constant, ast.Name, ast.Tuple, ast.List, ast.JoinedStr))


# ---- 4: numbers ------------------------------------------------------------------------------------------------------


def numbers(chapter: Chapter) -> list[str]:
    """A number in the prose stands in code (claims or not, comments do not count) or in an output that is compared.

    Of an exercise, its hint and its solution it may stand in the exercise's data.
    """
    compared = [cell.printed for cell in chapter.code if CHECKED in cell.tags]
    known = numerals(*(cell.code for cell in chapter.code), *compared)
    in_exercises = known | numerals(chapter.exercise_data)
    faults, in_exercise = [], False
    for cell, text in chapter.prose:
        for heading in re.findall(r"^#+ (.*)", text, re.MULTILINE):
            in_exercise = heading.startswith("Exercise")
        for written, readings in [] if numbers_are_given(cell) else quoted(text):
            checked = any(reading <= (in_exercises if in_exercise else known) for reading in readings)
            faults += cell.faults((checked, f"no claims cell or compared output ({CHECKED}) has the number {written}"))
    return list(dict.fromkeys(faults))


def given_numbers(chapter: Chapter) -> list[str]:
    """The escape stays rare, and the code that computes the example stands below it."""
    faults, given = [], [cell for cell in chapter.cells if numbers_are_given(cell)]
    for i, cell in enumerate(given, start=1):
        faults += cell.faults(
            ([below.kind for below in chapter.after(cell, 1)] == ["code"], "the next cell must compute this example"),
            (i <= MOST_GIVEN, f"at most {MOST_GIVEN} cells of a chapter may have given numbers"),
        )
    return faults


def numbers_are_given(cell: Cell) -> bool:
    return cell.metadata.get("nnlib", {}).get("numbers") == "given"


def numerals(*texts: str) -> set[Decimal]:
    """All numbers in code and outputs, without their signs."""
    found = set()
    for text in texts:
        text += " " + re.sub(r"(?<=\d)[_,](?=\d{3}(?!\d))", "", text)
        found |= {Decimal(number) for number in re.findall(r"(?<![^\W\d])(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", text)}
    return found


YEAR = r"(?:1[6-9]|20)\d\d(?!\d|[.,]\d)"
NOT_MEASURED = re.compile(
    r"^#.*$"  # headings
    r"|^\s*\d+[.)](?=\s)"  # the numbers of a list
    r"|(?i:\b(?:chapter|section|exercise|question|figure|table|equation|algorithm|page|volume)s?)\s+\(?\d[\d.]*"
    r"(?:\s*(?:,|and|to|or|–|-)\s*\d[\d.]*)*"  # places in this text or in another one
    r"|(?<![\d.,])0\d(?![\d.])"  # a chapter's number: 07
    rf"|\({YEAR}|{YEAR}\)|(?:\b[A-Z][\w’'-]+|al\.),?\s{YEAR}"  # (1963), Marquardt 1963
    rf"|\b(?:[Ii]n|of|since)\s{YEAR}(?!\s[a-z]{{3,}}s\b)",  # of 1963, but not: of 1963 starts
    re.MULTILINE,
)
NUMBER = re.compile(r"(?<![\w.])(?:\d{1,3}(?:[ ,]\d{3})+(?!\d)|\d+|(?=\.\d))(?:\.\d+)?(?:[eE][-+]?\d+)?(?!\d)")
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")


def quoted(text: str) -> Iterator[tuple[str, list[set[Decimal]]]]:
    """The numbers of a text that must be checked, as written, each with the ways to read it.

    These are numbers with a decimal point, with an exponent, or of two digits and more; small counts, years, and places
    ("chapter 12") are left alone. Code may have a percentage as a part of one. `10 000` is one number, or two.
    """
    text = as_typed(NOT_MEASURED.sub(" ", without_links(text)))
    for found in NUMBER.finditer(text):
        written = found[0]
        number = Decimal(re.sub("[ ,]", "", written))
        if len(written) == 1:
            continue
        readings = [{number}, {Decimal(part) for part in re.split("[ ,]", written)}]
        if re.match(r"[\s\\]*%", text[found.end() :]):
            readings.append({number / 100})
        yield written, readings


def as_typed(text: str) -> str:
    """Formulas as they would be typed: powers of ten as 1e-6, no other exponents and indices, no commands."""
    text = re.sub(r"(?<=\d)(?:\\,|\{,\}|[\u2009\u202f\u00a0])(?=\d{3}(?!\d))", " ", text)  # thousands
    text = re.sub(r"\\[td]?frac\s*(\d)\s*(\d)", r" \1/\2 ", text)
    text = re.sub(r"\\(?:cdot|times)(?![a-zA-Z])", "·", text).replace("−", "-")
    text = re.sub(r"(?<!\d)10(?:\^\{?(-?\d+)\}?|([⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+))", power_of_ten, text)
    text = re.sub(r"(?<![\w.])(\d+(?:\.\d+)?)\s*[·×]\s*1e(?=[-\d])", r"\1e", text)
    text = re.sub(r"[\^_](?:\{[^{}]*\}|\\?\w+)", " ", text)
    return re.sub(r"\\[a-zA-Z]+|\\[^%]|[{}]", " ", text)


def power_of_ten(found: re.Match) -> str:
    return f"1e{found[1] or found[2].translate(SUPERSCRIPTS)}"


# ---- 5: code ---------------------------------------------------------------------------------------------------------


def code(chapter: Chapter) -> list[str]:
    """Comparisons can fail, answers stay out of sight, no plotting code, and a cell fits on a screen."""
    faults = []
    for cell in chapter.code:
        lines = len([line for line in cell.source.splitlines() if line.strip()])
        words = dict.fromkeys(unfit for node in cell.nodes for unfit in what_is_unfit(node))
        faults += cell.faults(
            (cell.tree, "this is no Python"),
            (lines <= MOST_LINES or "claims" in cell.tags, f"split the cell: {lines} lines, {MOST_LINES} is the most"),
            *((False, unfit) for unfit in words),
        )
    return faults


def what_is_unfit(node: ast.AST) -> Iterator[str]:
    """What a piece of code has that a chapter must not have."""
    name, called = last_name(node), last_name(node.func) if isinstance(node, ast.Call) else ""
    if name in ("allclose", "isclose"):
        yield f"{name} lets zeros pass for small numbers: compare with checks.same"
    if called in ("Prediction", "Question") or (isinstance(node, ast.keyword) and node.arg == "answer"):
        yield "questions and answers stand in nnlib/course/exercises, out of the reader's sight"
    if any(module.partition(".")[0] == "matplotlib" for module in imported_modules(node)):
        yield "plotting code stands in nnlib/course/explorers, a chapter calls it in one line"


def last_name(node: ast.AST) -> str:
    """The last part of a name: `allclose` of `np.allclose`."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def imported_modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or "", *(alias.name for alias in node.names)]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


# ---- 6: figures ------------------------------------------------------------------------------------------------------

RECORDED = re.compile(r'<div class="nnlib-figure" data-record="[^"]+">.*<script data-nnlib="record">', re.DOTALL)


def two_figures(chapter: Chapter) -> list[str]:
    """A chapter shows at least two live figures."""
    count = len(chapter.figures)
    return [] if count >= 2 else [f"a chapter has at least two live figures, here are {count}"]


def figures(chapter: Chapter) -> list[str]:
    """Every figure is stored as a still with an alt text and as a record that moves, none too heavy."""
    faults, total = [], 0
    for cell, output in chapter.figures:
        html, about = output.data.get("text/html", ""), output.get("metadata", {}).get("image/png", {})
        record, total = weight(FRONT_END.sub("", html)), total + weight(html)
        described = about.get("alt", "").strip() and {"width", "height"} <= set(about)
        heavy = f"the record has {record // 1000} kB, {FIGURE_BYTES // 1000} is the most: fewer positions (record=…)"
        faults += cell.faults(
            (described, "the output's metadata of image/png must have alt, width and height"),
            (RECORDED.search(html), f"the recorded form of the figure is missing: {MEND}"),
            (record <= FIGURE_BYTES, heavy),
        )
    if total > CHAPTER_BYTES:
        faults.append(f"the records have {total // 1000} kB, {CHAPTER_BYTES // 1000} is the most for a chapter")
    return faults


def one_script(chapter: Chapter) -> list[str]:
    """The script that moves the figures stands in the first one, for all of them."""
    faults = []
    for i, (cell, output) in enumerate(chapter.figures):
        has_script = bool(FRONT_END.search(output.data.get("text/html", "")))
        faults += cell.faults((has_script == (i == 0), f"only the first figure has the script: {MEND}"))
    return faults


def no_dead_widgets(chapter: Chapter) -> list[str]:
    """No widgets of a kernel that is gone are stored, nor their state."""
    faults = [f"the notebook holds the state of widgets: {MEND}"] if "widgets" in chapter.metadata else []
    for cell in chapter.cells:
        dead = any(WIDGET in output.get("data", {}) for output in cell.outputs)
        faults += cell.faults((not dead, f"a widget of a kernel that is gone is stored: {MEND}"))
    return faults


def weight(html: str) -> int:
    """Bytes, the pictures in it left out."""
    return len(re.sub(r"iVBORw0KGgo[\w+/=]*", "", html).encode())


# ---- 7: exercises ----------------------------------------------------------------------------------------------------


def exercises(chapter: Chapter) -> list[str]:
    """Five exercises of five kinds, each with a hint and a solution folded below."""
    stubs = chapter.tagged("exercise")
    headings = [heading_above(chapter, stub) for stub in stubs]
    faults = []
    for i, (stub, (number, kind)) in enumerate(zip(stubs, headings, strict=True), start=1):
        hint, solution = [*chapter.after(stub, 2), stub, stub][:2]
        is_solution = "solution" in solution.tags and re.search(r"<summary>\s*Solution", solution.source)
        faults += stub.faults(
            (number == str(i) and kind in KINDS, f"the heading above must be '### Exercise {i} · kind'"),
            (re.search(r"<summary>\s*Hint", hint.source), "the next cell must be the folded Hint"),
            (is_solution, "the cell after the hint must be the folded Solution, tagged solution"),
        )
    kinds = [kind for _, kind in headings]
    if sorted(kinds) != sorted(KINDS):
        faults.append(f"the exercises (cells tagged exercise) must be one of each kind, {KINDS}, here are {kinds}")
    return faults


def heading_above(chapter: Chapter, stub: Cell) -> tuple[str, str]:
    """Number and kind in the last heading before an exercise."""
    above = "\n".join(without_blocks(cell.source) for cell in chapter.text if cell.number < stub.number)
    last = re.findall(r"^#+ .*$", above, re.MULTILINE)[-1]
    found = re.fullmatch(r"### Exercise (\d) · (.+?)\s*", last)
    return found.groups() if found else ("", "")


def stubs(chapter: Chapter) -> list[str]:
    """A stub as it stands is told to be open, and leaves the chapter's names alone."""
    faults, known = [], set()
    for cell in chapter.code:
        mine = set(bound(cell.tree)) if cell.tree else set()
        if "exercise" in cell.tags:
            taken = ", ".join(sorted(mine & known))
            faults += cell.faults(
                ("not done yet" in cell.printed.lower(), "the stub as it stands must be answered 'not done yet'"),
                (not taken, f"the stub redefines {taken} of an earlier cell: choose another name"),
            )
        known |= mine
    return faults


def bound(node: ast.AST) -> Iterator[str]:
    """The names that code binds at the top level."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).partition(".")[0]
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif not isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        for child in ast.iter_child_nodes(node):
            yield from bound(child)


# ---- 8: the end, and the size ----------------------------------------------------------------------------------------


def quiz(chapter: Chapter) -> list[str]:
    """Three questions below "What you can now do", their answers folded."""
    text = chapter.section("What you can now do")
    if text is None:
        return ["a heading 'What you can now do' is missing, with three questions and folded answers below it"]
    fold, numbered = re.compile(r"<details.*?</details>", re.DOTALL), re.compile(r"^\s*\**\d\.", re.MULTILINE)
    folds, asked = fold.findall(text), len(numbered.findall(fold.sub("", text)))
    answered = len(numbered.findall(folds[0])) if len(folds) == 1 else len(folds)
    counts = {"questions, as a numbered list": asked, "folded answers, as a numbered list or one by one": answered}
    return [f"the quiz has three {what}, here are {count}" for what, count in counts.items() if count != 3]


def references(chapter: Chapter) -> list[str]:
    """At least three references, each with a year."""
    found = re.search(r"^#+ [^\n]*References[^\n]*\n(.*?)(?=^#|^\*\*|\Z)", chapter.page, re.MULTILINE | re.DOTALL)
    items = re.split(r"^- ", found[1], flags=re.MULTILINE)[1:] if found else []
    dateless = [item.strip() for item in items if not re.search(rf"\b{YEAR}", item)]
    few = [] if len(items) >= 3 else [f"a list of at least three below a heading 'References', here are {len(items)}"]
    return few + [f"this reference has no year: {item[:60]}" for item in dateless]


def neighbors(chapter: Chapter) -> list[str]:
    """Links to the previous and the next chapter, or a word that they are planned; no link leads nowhere."""
    linked = dict.fromkeys(re.findall(r"\]\((\d\d-[\w-]+)\.ipynb", chapter.page))
    faults = [f"{name}.ipynb is linked and does not exist" for name in linked if not chapter.course.chapter(name)]
    for which, name in chapter.course.neighbors(chapter.name):
        planned = re.search(rf"planned.*\b{name[:2]}\b|\b{name[:2]}\b.*planned", chapter.page)
        if chapter.course.chapter(name) and name not in linked:
            faults.append(f"link to the {which} chapter: [{name[:2]} · Title]({name}.ipynb)")
        if not chapter.course.chapter(name) and not planned:
            faults.append(f"name the {which} chapter, {name}, in a line that says 'planned'")
    return faults


def size(chapter: Chapter) -> list[str]:
    """A chapter is short enough, and marked for slides."""
    slides = [cell.metadata.get("slideshow", {}).get("slide_type", "-") for cell in chapter.cells]
    count, marked = len(slides), len(slides) - slides.count("-") - slides.count("")
    faults = [] if count <= MOST_CELLS else [f"{count} cells are too many, {MOST_CELLS} is the most"]
    return faults + ([] if 3 * marked >= count else [f"{marked} of {count} cells have a slide type, a third must"])


# ---- 9: stored as run ------------------------------------------------------------------------------------------------


def stored_as_run(chapter: Chapter) -> list[str]:
    """Executed from top to bottom, no errors."""
    faults, run = [], [cell for cell in chapter.code if cell.source]
    for cell in run:
        error = any(output["output_type"] == "error" for output in cell.outputs)
        faults += cell.faults((not error, "an error is stored: mend the cell"))
    if [cell.count for cell in run] != list(range(1, len(run) + 1)):
        faults.append(f"the cells were not run once from top to bottom: {MEND}")
    return faults


Rule = Callable[[Chapter], list[str]]
RULES: list[Rule] = [
    *(opening, installing, terms_defined, terms_in_order, claims_below, claims_hold, numbers, given_numbers, code),
    *(figures, one_script, no_dead_widgets, size, stored_as_run),
]
LESSON_RULES: list[Rule] = [aims, two_figures, exercises, stubs, quiz, references, neighbors]


def rules_for(chapter: Chapter) -> list[Rule]:
    return RULES if chapter.is_reference else RULES + LESSON_RULES
