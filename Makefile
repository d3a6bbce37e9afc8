# Two commands matter: `make run` and `make test`. Both set up all they need in .venv, from the package index.

PYTHON ?= python3
CORPUS ?= seeds
# Passed on only where they are given: a default here would go before what a settings file says.
NAMES := HOST PORT INDEX MODEL CONFIG CORPUS INCLUDE EXCLUDE
$(foreach name,$(NAMES),$(if $($(name)),$(eval export REPERE_$(name) = $($(name)))))

PY     := .venv/bin/python
PIP    := $(PY) -m pip install -qq --disable-pip-version-check -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help run index watch status serve test test-fast lint eval bench torture calibrate openapi screenshots clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

run: index serve ## Set up, index CORPUS (seeds/), serve at http://HOST:PORT

index: .venv/installed ## Index folders: make index [CORPUS=folder:folder] [INCLUDE=…] [EXCLUDE=…] [INDEX=folder] [MODEL=…]
	@$(PY) -m indexer build

watch: .venv/installed ## The same, and again whenever the folders change
	@$(PY) -m indexer watch

status: .venv/installed ## Say what INDEX holds
	@$(PY) -m indexer status

serve: .venv/installed ## Serve an index: make serve [INDEX=folder] [HOST=…] [PORT=…] [MODEL=…]
	@exec $(PY) -m service

test: lint ## Lint, then run every test
	@$(PY) -m pytest -n auto --dist loadfile

test-fast: .venv/installed-dev ## The tests that need neither the real model nor real processes
	@$(PY) -m pytest -n auto --dist loadfile -m "not slow"

lint: .venv/installed-dev ## Check style and types
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy models indexer service bench tests

eval: .venv/installed-dev ## Measure answers: make eval DATASET=folder-or-questions-file [CORPUS=] [MODEL=] [AGAINST=run.trec]
	@$(PY) -m bench.eval "$(DATASET)" --corpus "$(CORPUS)" --model "$(MODEL)" $(if $(AGAINST),--against "$(AGAINST)")

bench: .venv/installed-dev ## Measure speed beside a plain baseline: make bench [DATASET=folder] [ONLY=…] [SIZES=…] [QUICK=1]
	@$(PY) -m bench.speed $(if $(DATASET),"$(DATASET)") $(if $(ONLY),--only "$(ONLY)") $(if $(SIZES),--sizes "$(SIZES)") $(if $(QUICK),--quick)

torture: .venv/installed-dev ## Harm it in every way and count what it survives: make torture [QUICK=1] [ONLY=contract,bytes,…]
	@$(PY) -m tests.torture.torture $(if $(ONLY),--only "$(ONLY)") $(if $(QUICK),--quick)

calibrate: .venv/installed-dev ## Fit relevance for a model: make calibrate DATASETS="a b" [MODEL=]
	@$(PY) -m bench.calibrate $(DATASETS) --model "$(MODEL)"

openapi: .venv/installed ## Write the API's description to docs/openapi.json
	@$(PY) -m service.api.openapi > docs/openapi.json

screenshots: .venv/installed-dev ## Take the README's pictures of the page, over seeds/, with the chromium that is installed
	@$(PY) -m tests.page.screenshots

clean: ## Remove the environment, the model and the index made by default
	rm -rf .venv models/cache index .mypy_cache .ruff_cache .pytest_cache .hypothesis

# torch goes first and by its exact version: asked for by another package it would bring gigabytes of CUDA.
.venv/installed: requirements.txt constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	  f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: make PYTHON=/path/to/python3.11 …")'
	@echo "Setting up .venv (once, a minute or two)…"
	@$(PYTHON) -m venv .venv
	@$(PIP) torch==2.13.0
	@$(PIP) -r requirements.txt
	@touch $@

.venv/installed-dev: .venv/installed requirements-dev.txt
	@$(PIP) -r requirements-dev.txt
	@touch $@
