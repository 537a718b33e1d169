# `make run` starts everything; `make test` runs everything that CI runs. Both set up what they need.

PYTHON ?= python3
VENV := .venv
KERNEL := .venv-kernel
BIN := $(VENV)/bin
PIP := -m pip install --quiet --disable-pip-version-check
PORT ?= 8000
# Formats and checks CSS and JS; where there is no Node, with the one that set-up installed as a Python package.
BIOME := PATH="$$PATH:$$PWD/scripts/node" HEXLITE_PYTHON="$$PWD/$(BIN)/python" node_modules/.bin/biome

# What was installed is remembered inside what it was installed into, by the digest of the list: nothing is done twice,
# and deleting an environment brings all of it back.
digest = $(shell cat $(1) | sha256sum | cut -c 1-16)
WEB := $(VENV)/.installed-$(call digest,requirements.txt)
DEV := $(VENV)/.installed-for-tests-$(call digest,requirements.txt requirements-s3.txt requirements-dev.txt)
KERNELS := $(KERNEL)/.installed-$(call digest,requirements-kernel.txt)
BROWSER := static/vendor/.built

.PHONY: run setup environments libraries test test-quick check fix bench screenshots clean

run: setup
	@$(BIN)/python manage.py up --port $(PORT)

setup: $(WEB) $(KERNELS) $(BROWSER)

# Parts of it that need no source code, for images: what comes from PyPI, and from npm as well.
environments: $(WEB) $(KERNELS)

libraries: environments
	@scripts/build-browser $(BIN) $(KERNEL) --install-only

test: setup $(DEV)
	@scripts/need-chromium
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not browser and not slow"
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "browser and not slow"

test-quick: setup $(DEV)
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not browser and not slow" -x

check: setup $(DEV)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/djlint templates --check --quiet || { echo "Templates are not formatted: make fix" >&2; exit 1; }
	@$(BIN)/djlint templates --lint
	@$(BIN)/mypy
	@$(BIOME) check --error-on-warnings
	@$(BIN)/python manage.py makemigrations --check --dry-run
	@$(BIN)/python manage.py check

fix: setup $(DEV)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/djlint templates --reformat --quiet --warn
	@$(BIOME) check --write

bench: setup $(DEV)
	@$(BIN)/python -m bench

screenshots: setup $(DEV)
	@scripts/need-chromium
	@$(BIN)/python -m scripts.screenshots

clean:
	rm -rf $(VENV) $(KERNEL) .venv-peers node_modules static/vendor var/static staticfiles staticfiles.lock

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("hexlite needs Python 3.11 or newer; say which with PYTHON=…" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV)

$(KERNEL)/bin/python: | $(BIN)/python
	@$(PYTHON) -m venv $(KERNEL)

$(WEB): | $(BIN)/python
	@echo "Installing what the server needs…"
	@$(BIN)/python $(PIP) -r requirements.txt
	@touch $@

$(DEV): | $(WEB)
	@echo "Installing what tests need…"
	@$(BIN)/python $(PIP) -r requirements-dev.txt
	@touch $@

$(KERNELS): | $(KERNEL)/bin/python
	@echo "Installing what notebooks need…"
	@$(KERNEL)/bin/python $(PIP) -r requirements-kernel.txt
	@touch $@

$(BROWSER): package-lock.json scripts/build_static.mjs scripts/icons.json scripts/build-browser scripts/chart_fonts.py static/mark.svg \
		$(shell find static/js static/css -type f 2>/dev/null) | $(WEB) $(KERNELS)
	@scripts/build-browser $(BIN) $(KERNEL)
	@$(BIN)/python manage.py collectstatic --noinput --verbosity 0
	@touch $@
