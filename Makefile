# Each target works on a machine that has only Python, make and git: it creates .venv here by itself.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2

.PHONY: study test test-wheel test-report docs bench simulate lint clean
.DEFAULT_GOAL := study

study: $(VENV)/.users  ## fetch CIFAR-10, train the nine networks, measure them, judge the claims
	@# A refuted claim (status 1) is a result; anything above is a failure.
	@$(BIN)/python -m pytest hypotheses/ -n $(WORKERS) $(ARGS) || test $$? -eq 1

test: $(VENV)/.developers  ## the tests of the package
	$(BIN)/python -m pytest tests/ -n $(WORKERS) $(ARGS)

test-wheel: $(VENV)/.developers  ## the wheel in a fresh environment, away from this folder
	$(BIN)/python -m pytest tests/installed/ $(ARGS)

test-report: $(VENV)/.browser  ## the report in a real browser: needs Chromium
	@command -v chromium || command -v chromium-browser || command -v google-chrome || command -v chrome || \
	{ echo "no Chromium here: apt-get install chromium"; exit 1; }
	$(BIN)/python -m pytest tests/report/ -n $(WORKERS) $(ARGS)

docs: $(VENV)/.writers  ## the documentation site, in site/: a warning is an error
	@# Without the theme's advertisement of its successor.
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict $(ARGS)

bench: $(VENV)/.benchmarks  ## speed, as ratios to what one would do instead, in one run
	$(BIN)/python -m pytest tests/benchmarks/ --benchmark-only -s $(ARGS)

# One thread for each of its two processes: more only wait for each other.
simulate: export OMP_NUM_THREADS = 1
simulate: export OPENBLAS_NUM_THREADS = 1
simulate: $(VENV)/.developers  ## how often claims err in simulated worlds, and what they see: long
	$(BIN)/python -m tests.worlds.simulate $(ARGS)

lint: $(VENV)/.developers  ## style, types, and who may import whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf $(VENV)

# uv where there is one, else venv and pip.
$(VENV)/bin/python:
	@if command -v uv >/dev/null; then uv venv --quiet --python $(PYTHON) $(VENV); else $(PYTHON) -m venv $(VENV); fi

define install
	@echo "installing into $(VENV) (a few minutes the first time)"
	@if command -v uv >/dev/null; then uv pip install --quiet --python $(BIN)/python -c constraints.txt -e "$(1)"; \
	else $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e "$(1)"; fi
	@touch $@
endef

$(VENV)/.users: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(call install,.[train])

$(VENV)/.developers: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(call install,.[dev])

$(VENV)/.browser: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(call install,.[dev$(comma)browser])

$(VENV)/.writers: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(call install,.[docs])

$(VENV)/.benchmarks: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(call install,.[dev$(comma)torch])

comma := ,
