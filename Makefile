# make lab      open the course in JupyterLab
# make test     every test: units, oracles, docstring examples, chapters, browser
# make book     all chapters as web pages that move, in _site/
# make lite     the same, and a kernel in the browser beside them, in _site/lite/
# make slides   all chapters as slides for the projector, in _slides/
# For lecturers: students (copies without solutions), nbgrader, otter (homework that grades itself): see book/lecturers.md.
# For maintainers: notebooks, bench, lint, format, links.  Without make: see README.md.
.DELETE_ON_ERROR:
.PHONY: lab test book lite slides students nbgrader otter notebooks bench lint format links

# The first Python that is new enough; another one: make PYTHON=/path/to/python lab
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
    $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN = .venv/bin
CHAPTERS ?= notebooks/*.ipynb

lab: .venv/installed-lab
	$(BIN)/jupyter trust notebooks/*.ipynb
	$(BIN)/jupyter lab notebooks/00-start-here.ipynb

# One BLAS thread: on small matrices threads only wait for each other, for minutes on a busy machine.
test: export OPENBLAS_NUM_THREADS = 1
test: .venv/installed-test
	$(BIN)/python -m pytest

# Runs chapters in place and stores their outputs: figures in the recorded form, which moves without a kernel; no
# timestamps, no widget state (with it, exported pages would show dead widgets in place of the figures).
# One chapter only: make notebooks CHAPTERS=notebooks/NAME.ipynb
notebooks: export NNLIB_RECORD = always
notebooks: export OPENBLAS_NUM_THREADS = 1
notebooks: .venv/installed-test
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace --ExecutePreprocessor.record_timing=False \
	    --ExecutePreprocessor.store_widget_state=False $(CHAPTERS)
	$(BIN)/python tests/stored.py $(CHAPTERS)

# Built from the stored chapters, which are not run; every warning is an error.
book: .venv/installed-test
	$(BIN)/python -m sphinx -W --keep-going -q $(BOOK_OPTIONS) -c book -d .venv/book . _site
	@echo "Open _site/index.html"

# A kernel needs a web server, so every chapter's page leads to one only here.
lite: BOOK_OPTIONS = -D lite=1
lite: book
	$(BIN)/python book/lite.py _site/lite
	@echo "$(BIN)/python -m http.server -d _site, then open http://localhost:8000"

slides: .venv/installed-test
	$(BIN)/python book/slides/make_slides.py _slides
	@echo "Open _slides/index.html"

# What is handed out to a class, of all chapters or of those named: make nbgrader CHAPTERS=notebooks/NAME.ipynb
students: .venv/installed-lab
	$(BIN)/python book/teaching/students.py _students $(CHAPTERS)

nbgrader otter: .venv/installed-lab
	$(BIN)/python book/teaching/to_$@.py _$@ $(CHAPTERS)

bench: .venv/installed-bench
	missed=0; for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || missed=1; done; exit $$missed

lint: .venv/installed-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: .venv/installed-test
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

links:
	$(PYTHON) tests/links.py

# Stamps: what is installed is not installed again until the lists of packages change.
.venv/installed-lab: requirements.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "The course needs Python 3.11 or newer: https://www.python.org/downloads"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -r requirements.txt -e .
	touch $@

.venv/installed-test: .venv/installed-lab
	$(BIN)/python -m pip install -e '.[test]'
	touch $@

.venv/installed-bench: .venv/installed-test
	$(BIN)/python -m pip install -e '.[bench]'
	touch $@
