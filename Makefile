# Two commands do everything: `make demo` opens the demonstration, `make test` runs every test.
# The tests wait for terminals and processes more than they work, so several run at a time; TESTS_AT_ONCE=0 runs one by one.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
TESTS_AT_ONCE ?= 4
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test check bench pictures lock clean

demo: $(VENV)/.runtime
	@if [ -t 0 ] && [ -t 1 ]; then $(BIN)/playbook demo; else sh scripts/demo-without-terminal "$(BIN)/playbook"; fi

test: $(VENV)/.dev
	@$(BIN)/python -m pytest -n $(TESTS_AT_ONCE) --dist loadfile

check: $(VENV)/.dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

bench: $(VENV)/.dev
	@$(BIN)/python -m benchmarks

pictures: $(VENV)/.dev
	@$(BIN)/python scripts/pictures.py && $(BIN)/python scripts/keys_page.py

# The locks hold versions and hashes for every platform and for Python from 3.11 on, and no index address.
lock:
	@uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header --no-annotate pyproject.toml --extra tantivy --group install -o requirements.lock
	@uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header --no-annotate pyproject.toml --extra tantivy --group dev -o requirements-dev.lock

$(VENV)/bin/python:
	@sh scripts/make-venv "$(PYTHON)" "$(VENV)"

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Setting up (once) ..."
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

clean:
	@rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache
