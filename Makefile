# make run    opens the app on http://127.0.0.1:7860 with the sample documents
# make endurance   the longest tests at their full size: a hundred kills, ten thousand files
# make test   format check, linter, types, tests
# Each makes .venv and installs the locked versions the first time; after that it starts at once.
# Where PyTorch's CPU wheels are at hand (PIP_FIND_LINKS, PIP_EXTRA_INDEX_URL), pip prefers them.

PYTHON ?= python3
BIN := .venv/bin
LOCK := configs/requirements.lock
INSTALL := PIP_CONSTRAINT=$(LOCK) PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet

.PHONY: run test endurance check lock clean

run: .venv/run.stamp .venv/sandbox.stamp
	@$(BIN)/python main.py ui

test: check
	@$(BIN)/python -m pytest -q -m "not alone and not endurance" --numprocesses 2 --dist loadfile
	@$(BIN)/python -m pytest -q -m "alone and not endurance"

endurance: .venv/dev.stamp .venv/sandbox.stamp
	@$(BIN)/python -m pytest -q -m endurance

check: .venv/dev.stamp .venv/sandbox.stamp
	@sh .ci/tools
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy

.venv/run.stamp: pyproject.toml $(LOCK)
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 10) <= v <= (3, 13) else f"Python 3.10 to 3.13 is needed; this is {v[0]}.{v[1]}. Set PYTHON=python3.11, say.")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the locked versions into .venv (about 2 GB, a few minutes) ..."
	@$(INSTALL) --editable .
	@touch $@

.venv/sandbox.stamp: configs/sandbox-packages.txt $(LOCK) | .venv/run.stamp
	@echo "Installing what code in the sandbox may import ..."
	@PIP_CONSTRAINT=$(LOCK) PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m agents.sandbox.install
	@touch $@

.venv/dev.stamp: .venv/run.stamp
	@echo "Installing the tools of the test suite ..."
	@$(INSTALL) --editable '.[dev]'
	@touch $@

lock:  # needs uv
	uv pip compile pyproject.toml configs/sandbox-packages.txt --extra dev --universal --python-version 3.10 --no-annotate --no-header --no-emit-index-url --output-file $(LOCK)

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache *.egg-info
