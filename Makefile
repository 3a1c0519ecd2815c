# Marsham: every target sets up what it needs by itself. `make help` lists them.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
DEMO := demo
MINUTES := 5
SEED := 0
COMPILE := --quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

YARDSTICKS := .venv-yardsticks
REPLAYWEBPAGE := replaywebpage@2.5.3
AXE := axe-core@4.14.1

.PHONY: help install demo test fuzz lint types format schema docs yardsticks lock clean

help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/installed: requirements/run.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Marsham needs Python 3.11 or newer; say which with: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes -r requirements/run.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/installed-dev: .venv/installed requirements/dev.lock
	$(BIN)/pip install --quiet --require-hashes -r requirements/dev.lock
	@touch $@

# Other projects' programs for the tests: some are GPL, AGPL or MPL, so they live apart and are never imported.
$(YARDSTICKS)/installed: requirements/yardsticks.lock requirements/npm.sha512
	@command -v npm >/dev/null || (echo "npm, which fetches ReplayWeb.page and axe-core, is not installed; install it and try again"; exit 1)
	@rm -rf $(YARDSTICKS)
	$(PYTHON) -m venv $(YARDSTICKS)
	@awk '/^[^ #]/ {wanted = /^setuptools==/} wanted' requirements/yardsticks.lock > $(YARDSTICKS)/build.lock
	$(YARDSTICKS)/bin/pip install --quiet --require-hashes -r $(YARDSTICKS)/build.lock
	$(YARDSTICKS)/bin/pip install --quiet --require-hashes --no-build-isolation --use-pep517 -r requirements/yardsticks.lock
	cd $(YARDSTICKS) && npm pack --silent $(REPLAYWEBPAGE) $(AXE) >/dev/null
	cd $(YARDSTICKS) && sha512sum --quiet --check $(CURDIR)/requirements/npm.sha512
	@mkdir $(YARDSTICKS)/replaywebpage $(YARDSTICKS)/axe-core
	tar -xzf $(YARDSTICKS)/axe-core-*.tgz -C $(YARDSTICKS)/axe-core --strip-components 1 package/axe.min.js package/LICENSE
	tar -xzf $(YARDSTICKS)/replaywebpage-*.tgz -C $(YARDSTICKS)/replaywebpage --strip-components 1 package/ui.js package/sw.js
	@touch $@

install: .venv/installed ## make .venv with the marsham command

demo: .venv/installed ## build an archive from the example, extract, report
	@$(BIN)/python examples/home-office/demo.py $(DEMO)

test: lint types ## lint, types and tests: what must pass before anything lands
	$(BIN)/pytest -n 2

fuzz: .venv/installed-dev ## damaged input for every reader, MINUTES of processor time each, from SEED on
	@for target in $$($(BIN)/python -m tests.fuzz.run --list); do \
	    $(BIN)/python -m tests.fuzz.run $$target --minutes $(MINUTES) --seed $(SEED) || failed=1; \
	done; exit $${failed:-0}

lint: .venv/installed-dev ## formatting, lint rules, and that generated files are up to date
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	@$(BIN)/python -m marsham.schema | diff -q schema.sql - || (echo "schema.sql is out of date; run: make schema"; exit 1)
	@rm -rf build/docs && mkdir -p build/docs && $(BIN)/python -m marsham.reference build/docs
	@diff -r -q build/docs docs/reference || (echo "docs/reference is out of date; run: make docs"; exit 1)

docs: .venv/installed ## write docs/reference from the code
	@mkdir -p docs/reference
	$(BIN)/python -m marsham.reference docs/reference

schema: .venv/installed ## write schema.sql from the tables
	$(BIN)/python -m marsham.schema > schema.sql

types: .venv/installed-dev ## mypy --strict over the four packages
	$(BIN)/mypy

yardsticks: $(YARDSTICKS)/installed ## other projects' programs, which some tests compare with

format: .venv/installed-dev ## put the code into the agreed format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: .venv/installed-dev ## renew requirements/*.lock from pyproject.toml
	$(BIN)/pip install --quiet pip-tools
	$(BIN)/pip-compile --upgrade $(COMPILE) --all-build-deps --extra postgres -o requirements/run.lock pyproject.toml
	$(BIN)/pip-compile --upgrade $(COMPILE) --extra dev -c requirements/run.lock -o requirements/dev.lock pyproject.toml
	$(BIN)/pip-compile --upgrade $(COMPILE) -o requirements/yardsticks.lock requirements/yardsticks.in

clean: ## remove everything make has made
	rm -rf .venv $(YARDSTICKS) build dist *.egg-info $(DEMO) .pytest_cache .mypy_cache .ruff_cache .hypothesis
