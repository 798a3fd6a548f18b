# Needs git, make and Python 3.11 or newer. Everything else goes into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# More than there may be processors: tests wait for sockets and processes more than they compute.
WORKERS ?= 4
# Bytecode is kept, whatever the environment says: else each of them, and each process that a test starts,
# would compile everything anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test soak bench lint types check-imports verify-types docs clean

demo: $(VENV)/installed  ## Optimove's flows, end to end, on this machine
	$(BIN)/python -m optimove_sdk.demo

test: lint types check-imports  ## everything that must hold
	$(BIN)/pytest -n $(WORKERS) --dist worksteal --cov --cov-report=
	$(BIN)/coverage report --fail-under=90
	$(BIN)/coverage report --fail-under=95 \
	  --include='*/optimove_sdk/core/*,*/optimove_sdk/wire/*,*/optimove_sdk/events/*,*/optimove_sdk/notifications/*'

soak: $(VENV)/installed  ## kill -9 of publishers and connectors, and hostile input, at length: minutes
	$(BIN)/python tests/live/soak_events.py 200
	$(BIN)/python tests/live/soak_connector.py 50 200000
	OPTIMOVE_HOSTILE=50000 OPTIMOVE_CANCELLATIONS=10000 $(BIN)/pytest \
	  tests/live/test_listener_hostile.py tests/live/test_http_cancellation.py
	$(BIN)/pytest --hypothesis-profile=thorough tests/property/test_cuts.py tests/property/test_ways_to_read.py

bench: $(VENV)/bench  ## the SDK beside its peers, and the figures of docs/explanation/performance.md
	$(BIN)/python -m benchmarks --write $(if $(ROUNDS),--rounds $(ROUNDS)) $(BENCH)

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/installed
	$(BIN)/mypy

check-imports: $(VENV)/installed
	$(BIN)/lint-imports

docs: $(VENV)/installed  ## write docs/reference from the code
	$(BIN)/python tools/reference.py

verify-types: $(VENV)/installed  ## how complete the public types are; pyright fetches itself from npm
	$(PYTHON) -m venv $(VENV)/verify
	$(VENV)/verify/bin/python -m pip install --quiet --disable-pip-version-check pyright .
	cd $(VENV) && PATH="$$PWD/verify/bin:$$PATH" pyright --verifytypes optimove_sdk --ignoreexternal

clean:
	rm -rf $(VENV) build dist .coverage*

# pip older than 25.1 does not know dependency groups: the virtual environment gets its own.
$(VENV)/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
	touch $@

$(VENV)/bench: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group bench
	touch $@
