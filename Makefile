# Set-up and the everyday commands. Needs make and Python 3.11 or newer, nothing else.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= auto
# A file at a time, in the order of tests/order.py instead of the largest first.
DIST := --dist loadfile --no-loadscope-reorder

FRONTEND := service/web/frontend
SCRIPTS := setup.py $(wildcard $(FRONTEND)/*.* $(FRONTEND)/src/*)

.PHONY: demo test check unit soak image docs man lock pages pictures clean help

help: ## show the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/  /'

demo: $(VENV)/.demo ## set up, start the embedded Neo4j, load real stacks, ask, serve
	$(BIN)/specgraph demo $(ARGS)

test: check unit ## set up, lint, check types, run every test

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd $(FRONTEND) && $(abspath $(BIN))/node node_modules/typescript/bin/tsc

unit: $(VENV)/.dev ## run the tests only; ARGS for pytest, WORKERS=0 for one process
	$(BIN)/python -m pytest -n $(WORKERS) $(DIST) $(ARGS)

soak: $(VENV)/.dev ## run the tests that generate their input for hours; the seed is printed
	SPECGRAPH_TEST_SOAK=1 $(BIN)/python -m pytest -n $(WORKERS) $(DIST) -m 'soak or hypothesis' $(ARGS)

image: $(VENV)/.dev ## build the image, run the compose file, ask, restart, ask again; needs Docker
	$(BIN)/python -m tools.check_image $(ARGS)

docs: $(VENV)/.dev ## generate docs/schema.md, docs/cli.md, docs/settings.md and docs/formats.md again
	$(BIN)/specgraph schema --docs > docs/schema.md
	$(BIN)/python -m tools.cli_docs > docs/cli.md
	$(BIN)/python -m tools.settings_docs > docs/settings.md
	$(BIN)/python -m tools.format_docs > docs/formats.md

man: $(VENV)/.dev ## write manual pages of all commands into build/man/man1
	$(BIN)/python -m tools.man_pages build/man/man1

lock: $(VENV)/.dev ## lock versions and hashes for the image; ARGS=--upgrade for new versions
	$(BIN)/pip install --quiet 'uv>=0.9,<1'
	$(BIN)/python -m tools.lock $(ARGS)
	$(BIN)/python -m tools.licences > docs/licences.md

pages: $(VENV)/.dev ## bundle the scripts of the pages again
	cd $(FRONTEND) && $(abspath $(BIN))/node build.mjs

pictures: $(VENV)/.dev ## take the pictures in docs/pictures again; needs a Chromium
	$(BIN)/python -m tools.pictures

clean: ## remove what the other targets made here
	rm -rf $(VENV) build dist *.egg-info $(FRONTEND)/node_modules service/web/static/built .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name it: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "Python's venv module is needed (Debian: apt install python3-venv)" >&2; exit 1; }

$(VENV)/.demo: pyproject.toml $(SCRIPTS) | $(VENV)/bin/python
	$(BIN)/pip install --quiet --editable '.[embedded]'
	@touch $@

$(VENV)/.dev: pyproject.toml $(SCRIPTS) | $(VENV)/bin/python
	$(BIN)/pip install --quiet --editable '.[embedded,dev]'
	@touch $@ $(VENV)/.demo
