# Everything starts from here: `make demo`, `make test`, `make ui`, `make build SOURCE=folder`.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
HOME_DIR ?= .relpins
DEMO := .relpins/sample-world
export DAGSTER_DISABLE_TELEMETRY := 1
# idle threads sleep instead of spinning: on a busy machine that is worth more than a second thread
export OMP_WAIT_POLICY := PASSIVE

# a file of tests stays in one process, so that what its tests share is made once
PARALLEL := --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.PHONY: help setup demo ui build test test-deep check format lint types clean

help:
	@echo "make demo                 set up, draw the sample world, build the whole graph, show a feed"
	@echo "make ui                   the Dagster UI on the same data, at http://localhost:3000"
	@echo "make build SOURCE=folder  the same graph on your own catalog (HOME_DIR=.relpins-mine for another home)"
	@echo "make test                 the tests; make test-deep: hundreds of random histories"
	@echo "make check                format, lint, types, tests: what CI runs"

# The stamp is newer than what decides the environment, so a second setup installs nothing.
$(VENV)/.stamp: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || (echo "Python 3.11 or newer is needed: make PYTHON=python3.11" && exit 1)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

setup: $(VENV)/.stamp

demo: setup
	@test -f $(DEMO)/_truth/world.json || $(BIN)/relpins sample $(DEMO)
	$(BIN)/relpins build --home $(HOME_DIR) --source $(DEMO)
	@$(BIN)/python -m relpins_assets.demo --home $(HOME_DIR)

ui: setup
	RELPINS_HOME=$(abspath $(HOME_DIR)) $(BIN)/dagster dev -w workspace.yaml

build: setup
	@test -n "$(SOURCE)" || (echo "name a folder: make build SOURCE=folder" && exit 2)
	$(BIN)/relpins build --home $(HOME_DIR) --source "$(SOURCE)"

test: setup
	$(BIN)/python -m pytest $(PARALLEL)

test-deep: setup
	RELPINS_DEEP=1 $(BIN)/python -m pytest $(PARALLEL) -m "deep or not deep"

format: setup
	$(BIN)/ruff format relpins_assets relpins_resources tests
	$(BIN)/ruff check --fix relpins_assets relpins_resources tests

lint: setup
	$(BIN)/ruff format --check relpins_assets relpins_resources tests
	$(BIN)/ruff check relpins_assets relpins_resources tests

types: setup
	$(BIN)/mypy

check: lint types test

clean:
	rm -rf $(VENV) .relpins .dagster
