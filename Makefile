# Two commands on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
BIN = .venv/bin
DEMO = _build/demo

.PHONY: demo test serve site pdf bench clean

demo: .venv/installed  ## the whole line once: release, website, a sample class, its grades and report
	$(BIN)/python -m autograder release
	$(MAKE) --no-print-directory site
	$(BIN)/python -m autograder sample-class $(DEMO)
	$(BIN)/python -m autograder grade ch02_recurrence --submitted $(DEMO)/submitted --allow-unisolated
	@$(BIN)/python -m autograder report ch02_recurrence --submitted $(DEMO)/submitted >/dev/null
	@echo
	@echo "Website:   $(CURDIR)/_build/html/index.html  (or: make serve)"
	@echo "One page:  $(CURDIR)/$(DEMO)/feedback/hugo_forgets/ch02_recurrence/ch02_recurrence.html"
	@echo "The class: $(CURDIR)/$(DEMO)/reports/ch02_recurrence.html"
	@echo "nbgrader:  cd $(DEMO) && PATH=$(CURDIR)/$(BIN):\$$PATH nbgrader export"

test: .venv/installed  ## everything that proves the project
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest --numprocesses auto

site: .venv/installed  ## the website; a warning is an error
	$(BIN)/jupyter-book build --quiet --warningiserror .

serve: site  ## the website on localhost
	$(BIN)/python -m http.server --directory _build/html --bind 127.0.0.1 8000

pdf: site  ## the whole book as one PDF
	$(BIN)/python -m autograder.course.pdf

bench: .venv/installed  ## the figures to reach: ratios measured in one run
	$(BIN)/python -m autograder.tests.bench

.venv/installed: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --requirement requirements.txt
	@touch $@

clean:  ## what can be made again
	rm -rf _build
