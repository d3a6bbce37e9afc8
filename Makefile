# Two commands matter: `make run` and `make test`. Both set up all they need in .venv, from the package index.

PYTHON ?= python3
CORPUS ?= seeds
SETTINGS := CONFIG INDEX HOST PORT HOSTS KEYS RATE ORIGINALS ROOT_PATH CORS_ORIGINS WORKERS CONCURRENCY QUEUE TIMEOUT LOG_FORMAT QUERY_LOG JUDGEMENTS \
            MODEL WHEELS QUERY_PROMPT PASSAGE_PROMPT QUESTION_CACHE LEXICAL_WEIGHT WEAK
# Passed on only where they are given: a default here would go before what a settings file says.
$(foreach name,CORPUS INCLUDE EXCLUDE $(SETTINGS),$(if $($(name)),$(eval export REPERE_$(name) = $$($(name)))))

PY     := .venv/bin/python
REPERE := .venv/bin/repere
# As many processes as cores test at once; threads of OpenMP that wait by spinning would take them from one another.
PYTEST := OMP_WAIT_POLICY=PASSIVE $(PY) -m pytest -n auto --dist worksteal

# What pip has not compiled Python compiles once. Where it is told to keep nothing of that, as in many an image, each
# process would compile again what it imports: a second and more at every start, PyTorch for ten.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run index watch status serve check test test-fast test-long test-clients test-ray coverage lint eval bench torture calibrate openapi screenshots hashes sbom clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

run: .venv/installed ## Set up, index CORPUS (seeds/), serve at http://HOST:PORT
	@exec $(REPERE) run

index: .venv/installed ## Index folders: make index [CORPUS=folder:folder] [INCLUDE=…] [EXCLUDE=…] [INDEX=folder] [MODEL=…]
	@$(REPERE) index

watch: .venv/installed ## The same, and again whenever the folders change
	@$(REPERE) watch

status: .venv/installed ## Say what INDEX holds
	@$(REPERE) status

serve: .venv/installed ## Serve an index: make serve [INDEX=folder|name=folder,…] [HOST=…] [PORT=…] [HOSTS=…] or any other setting
	@exec $(REPERE) serve

check: lint test-fast ## What to run before each commit: lint, and the fast tests

test: .venv/installed-dev ## Lint, then run every test
	@$(MAKE) --no-print-directory -j2 lint test-clients
	@$(PYTEST)

test-fast: .venv/installed-dev ## The tests that need neither the real model nor processes, and no seconds
	@$(PYTEST) -m "not slow"

test-long: .venv/installed-dev ## The long forms of what 'make test' shows in short, in some minutes
	@$(PYTEST) -m long

test-clients: .venv/installed-clients ## The tests of the client within LangChain, LlamaIndex and Haystack
	@.venv/clients/bin/python -m pytest -W default -o asyncio_mode=auto -o asyncio_default_fixture_loop_scope=function \
	  tests/clients/integrations

test-ray: .venv/installed-ray ## The tests of a build on a Ray cluster, whose nodes are processes here
	@.venv/ray/bin/python -m pytest -W default tests/indexer/building/test_ray_workers.py

coverage: .venv/installed-dev ## Run every test, and say which lines and branches none of them reaches
	@$(PYTEST) --cov --cov-report term-missing

lint: .venv/installed-dev ## Check style and types
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy models indexer service bench tests

eval: .venv/installed-dev ## Measure answers: make eval DATASET=folder-or-questions-file or SUITE=folder [CORPUS=] [MODEL=] [AGAINST=] [ABLATE=1], or JUDGED=file [INDEX=] [COLLECTION=]
	@$(PY) -m $(if $(JUDGED),bench.judged "$(JUDGED)" $(if $(INDEX),--index "$(INDEX)") $(if $(COLLECTION),--collection "$(COLLECTION)") --model "$(MODEL)",$(if $(SUITE),bench.$(if $(ABLATE),ablation,suite) "$(SUITE)",bench.eval "$(DATASET)") --corpus "$(CORPUS)" --model "$(MODEL)" $(if $(AGAINST),--against "$(AGAINST)"))

bench: .venv/installed-dev ## Measure speed beside a plain baseline: make bench [DATASET=folder] [ONLY=…] [SIZES=…] [QUICK=1]
	@$(PY) -m bench.speed $(if $(DATASET),"$(DATASET)") $(if $(ONLY),--only "$(ONLY)") $(if $(SIZES),--sizes "$(SIZES)") $(if $(QUICK),--quick)

torture: .venv/installed-dev ## Harm it in every way and count what it survives: make torture [QUICK=1] [ONLY=contract,bytes,…]
	@$(PY) -m tests.torture.torture $(if $(ONLY),--only "$(ONLY)") $(if $(QUICK),--quick)

calibrate: .venv/installed-dev ## Fit relevance for a model: make calibrate DATASETS="a b" [RELATED=a,b] [MODEL=]
	@$(PY) -m bench.calibrate $(DATASETS) --related "$(RELATED)" --model "$(MODEL)"

openapi: .venv/installed ## Write the API's description to docs/openapi.json
	@$(PY) -m service.describe > docs/openapi.json

screenshots: .venv/installed-dev ## Take the README's pictures of the page, over seeds/, with the chromium that is installed
	@$(PY) -m tests.page.screenshots

hashes: .venv/installed-tools ## Write hashes.txt: what every wheel of what Repère runs on, on any system, has to be
	@sed '/^# For development/,$$d' constraints.txt | .venv/tools/bin/uv pip compile --quiet --no-deps --generate-hashes \
	  --universal --python-version 3.11 --no-annotate --no-header --output-file hashes.txt -

sbom: .venv/installed-tools ## List what Repère runs on, its model included, in dist/sbom.json (CycloneDX)
	@mkdir -p dist
	@{ cat hashes.txt; $(PY) -m models.bundle; } | .venv/tools/bin/python -W ignore -m cyclonedx_py requirements --pyproject pyproject.toml \
	  --output-reproducible --output-format JSON --output-file dist/sbom.json -
	@echo "dist/sbom.json"

clean: ## Remove the environment, the model and the index made by default
	rm -rf .venv models/cache index dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*

# torch goes first and by its exact version: asked for by another package it would bring gigabytes of CUDA. Which build
# of it comes is up to the package index, so it is looked at once it has come: pip, given hashes, would choose by them.
# Beside it, in a second process, go the other packages of constraints.txt up to those for development, each wheel with
# one of its hashes in hashes.txt; what they need is among them, so nothing is resolved, and Python compiles what it
# imports. The last line adds what another system or another Python may need beyond them.
.venv/installed: pyproject.toml constraints.txt hashes.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	  f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: make PYTHON=/path/to/python3.11 …")'
	@echo "Setting up .venv (once, a minute or two)…"
	@$(PYTHON) -m venv .venv
	@sed '/^torch==/,/[^\\]$$/d' hashes.txt > .venv/packages.txt
	@rm -rf .venv/torch; \
	  ( $(call install,torch,--no-deps --dest .venv/torch $(shell grep -o 'torch==[0-9.]*' pyproject.toml),,download) && \
	    $(PY) -c '$(known_torch)' && $(call install,torch,--no-deps .venv/torch/torch-*.whl) && rm -r .venv/torch ) & torch=$$!; \
	  ( $(call install,packages,--no-deps --require-hashes --requirement .venv/packages.txt) ); packages=$$?; \
	  wait $$torch && exit $$packages
	@$(call install,repere,--editable .)
	@touch $@

# PyTorch's own build for processors alone (cp311, x86-64), which is on no public package index but many a mirror.
TORCH_CPU := 6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b
define known_torch
import hashlib, pathlib, sys; \
(wheel,) = pathlib.Path(".venv/torch").glob("torch-*.whl"); \
found = hashlib.file_digest(wheel.open("rb"), "sha256").hexdigest(); \
sys.exit(None if found in pathlib.Path("hashes.txt").read_text() + " $(TORCH_CPU)" else \
f"{wheel.name} has sha256 {found}, which hashes.txt does not hold. If you trust where it came from, add it there.")
endef

.venv/installed-dev: .venv/installed
	@$(call install,dev,--editable '.[dev]')
	@touch $@

# An environment of its own, in front of .venv: these libraries want other versions than Repère does, and bring plugins of
# pytest that no other test should run with.
.venv/installed-clients: .venv/installed-dev clients/python/constraints.txt
	@$(PY) -m venv --without-pip --clear .venv/clients
	@$(PY) -c 'from sysconfig import get_path; own, main = get_path("purelib", "venv", {"base": ".venv/clients"}), get_path("purelib"); \
	  open(own + "/repere.pth", "w").write(f"import site; site.addsitedir({main!r})")'
	@export PIP_PYTHON=.venv/clients/bin/python; \
	  $(call install,clients,--no-deps --requirement clients/python/constraints.txt,clients/python/constraints.txt)
	@touch $@

# An environment of its own, in front of .venv: Ray takes 240 MB, and only who has a cluster needs it.
.venv/installed-ray: .venv/installed-dev
	@$(PY) -m venv --without-pip --clear .venv/ray
	@$(PY) -c 'from sysconfig import get_path; own, main = get_path("purelib", "venv", {"base": ".venv/ray"}), get_path("purelib"); \
	  open(own + "/repere.pth", "w").write(f"import site; site.addsitedir({main!r})")'
	@export PIP_PYTHON=.venv/ray/bin/python; $(call install,ray,--no-deps ray msgpack)
	@touch $@

# An environment of its own for what describes Repère and never runs it.
.venv/installed-tools: .venv/installed .ci/tools.txt
	@$(PY) -m venv --without-pip --clear .venv/tools
	@export PIP_PYTHON=.venv/tools/bin/python; \
	  $(call install,tools,--no-deps --requirement .ci/tools.txt,.ci/tools.txt)
	@touch $@

# Where there is no network, pip says that there is no such version, and its log alone says why.
define install
rm -f .venv/$(1).log; $(PY) -m pip $(or $(4),install --no-compile) -qq --progress-bar off --disable-pip-version-check --log .venv/$(1).log -c $(or $(3),constraints.txt) $(2) 2> .venv/$(1).errors || { \
  if grep -q 'connection broken by' .venv/$(1).log; then \
    echo 'The package index cannot be reached. Connect to the network (or set PIP_INDEX_URL), then run make again.'; \
  else cat .venv/$(1).errors; fi >&2; exit 1; }
endef
