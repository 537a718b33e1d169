# `make run` starts everything; `make test` runs everything that CI runs. Both set up what they need.

PYTHON ?= python3
VENV := .venv
KERNEL := .venv-kernel
BIN := $(VENV)/bin
STAMPS := var/setup
PORT ?= 8000

.PHONY: run setup test test-quick check fix bench screenshots clean

run: setup
	@$(BIN)/python manage.py up --port $(PORT)

setup: $(STAMPS)/web $(STAMPS)/kernel $(STAMPS)/browser

test: setup $(STAMPS)/dev
	@scripts/need-chromium
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not browser and not slow"
	@$(BIN)/python -m pytest -m "browser and not slow"

test-quick: setup $(STAMPS)/dev
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not browser and not slow" -x

check: setup $(STAMPS)/dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/mypy
	@$(BIN)/python manage.py makemigrations --check --dry-run
	@$(BIN)/python manage.py check

fix: setup $(STAMPS)/dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: setup $(STAMPS)/dev
	@$(BIN)/python -m bench

screenshots: setup $(STAMPS)/dev
	@scripts/need-chromium
	@$(BIN)/python -m scripts.screenshots

clean:
	rm -rf $(VENV) $(KERNEL) node_modules static/vendor var/setup var/static

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("hexlite needs Python 3.11 or newer; set PYTHON=…" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV)

$(STAMPS)/web: requirements.txt | $(BIN)/python
	@echo "Installing the web's requirements…"
	@mkdir -p $(STAMPS)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(STAMPS)/dev: requirements-dev.txt $(STAMPS)/web
	@echo "Installing what tests need…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(STAMPS)/kernel: requirements-kernel.txt | $(BIN)/python
	@echo "Building the kernels' environment…"
	@mkdir -p $(STAMPS)
	@test -x $(KERNEL)/bin/python || $(PYTHON) -m venv $(KERNEL)
	@$(KERNEL)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-kernel.txt
	@touch $@

$(STAMPS)/browser: package-lock.json scripts/build_static.mjs scripts/icons.json scripts/build-browser $(STAMPS)/kernel $(STAMPS)/web \
		$(shell find static/js static/css -type f 2>/dev/null)
	@scripts/build-browser $(BIN) $(KERNEL)
	@$(BIN)/python manage.py collectstatic --noinput --verbosity 0
	@touch $@
