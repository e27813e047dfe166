# Each command sets up .venv the first time and again when pyproject.toml changes.
SHELL := /bin/sh
VENV := .venv
PYTHON := $(VENV)/bin/python
export VENV PYTHON

.PHONY: run test lint types imports bench screenshots wheel installers clean

run: $(VENV)/.ready-to-run
	@sh packaging/run.sh

test: $(VENV)/.ready-to-develop
	@sh packaging/test.sh $(ARGS)

lint: $(VENV)/.ready-to-develop
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	@$(MAKE) --no-print-directory -j 2 types imports

types:
	$(PYTHON) -m mypy

imports:
	$(VENV)/bin/lint-imports

bench: $(VENV)/.ready-to-develop .venv-peers/.ready
	@$(PYTHON) -m tests.benchmarks $(ARGS)

# What the benchmarks compare with; without it (no internet) a row says so and the others are measured.
.venv-peers/.ready: tests/benchmarks/peers.txt $(VENV)/.ready-to-develop
	@rm -rf .venv-peers && mkdir .venv-peers
	@echo "Installing what the benchmarks compare with"
	-@$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-input --no-deps \
		--target .venv-peers -r $< </dev/null && touch $@

screenshots: $(VENV)/.ready-to-run
	@$(PYTHON) packaging/screenshots.py screenshots

wheel: $(VENV)/.ready-to-develop
	@$(PYTHON) -m build --wheel --outdir dist

# For the system this runs on, into dist/; needs a Python 3.11 to 3.13 and no environment of ours.
installers:
	@sh packaging/installers.sh $(ARGS)

clean:
	rm -rf $(VENV) .venv-peers build dist tour screenshots

$(VENV)/.ready-to-run: pyproject.toml packaging/setup.sh
	@sh packaging/setup.sh . && touch $@

$(VENV)/.ready-to-develop: pyproject.toml packaging/setup.sh
	@sh packaging/setup.sh ".[dev]" && touch $@ $(VENV)/.ready-to-run
