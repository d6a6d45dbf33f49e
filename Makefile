# `make help` lists what there is. Every target sets up what it needs, once.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint docs accuracy accuracy-real bench rule-hashes constraints clean

VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTEST := $(BIN)/pytest -n 2
PEERS := $(VENV)/peers

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: $(READY) ## the virtual environment (every target calls it)

$(READY): pyproject.toml constraints.txt scripts/setup
	@scripts/setup $(VENV)
	@touch $@

demo: $(READY) ## the whole job on a simulated archive; no network
	$(BIN)/minewatch demo

test: $(READY) ## unit, contract, property, flow and docs tests (check adds the accuracy harness and the real parts)
	$(PYTEST) -m "not real" --ignore=tests/real --ignore=tests/accuracy

lint: $(READY) ## format, lint, types, architecture
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint ## lint, then every test, those with real servers, QGIS and imagery too
	$(PYTEST)

docs: $(READY) demo/run/report.html ## the pages, notebooks and gallery run, in docs/_build/html; links and docstrings checked
	$(BIN)/pytest -q tests/docs/test_api_page.py tests/docs/test_pages.py -k "api_page or link"
	MINEWATCH_DOCS_EXECUTE=1 $(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

demo/run/report.html: $(READY)
	$(BIN)/minewatch demo --quiet

accuracy-real: $(READY) ## figures on real pairs of pictures, where that imagery is present
	$(BIN)/python tests/real/accuracy_real.py

accuracy: $(READY) ## figures on simulated worlds, into docs/accuracy.md (an hour)
	$(BIN)/python -m tests.accuracy --report --write docs/accuracy.md
	$(BIN)/python -m tests.accuracy --beside --write docs/accuracy.md
	$(BIN)/python -m tests.accuracy --honest-report --write docs/accuracy.md
	$(BIN)/python -m tests.accuracy.calibration
	$(BIN)/python -m tests.accuracy.curve

bench: $(READY) ## speed and memory beside other tools, into docs/performance.md (half an hour; QUICK=1: 4 min)
	$(BIN)/uv pip install --quiet --no-deps --target $(PEERS) 'bottleneck==1.6.0' 'stackstac==0.5.1' \
	  'nrt==0.3.0' 'nrt-data==0.0.2' 'netCDF4' 'cftime' 'fiona' 'click-plugins' 'cligj' 'pooch' 'platformdirs' 'pyxccd==1.1.0' 'numbagg==0.9.6'
	PYTHONPATH=$(PEERS) $(BIN)/python -m tests.bench \
	  $(if $(QUICK),--quick,--write docs/performance.md)

rule-hashes: $(READY) ## the table of sources behind the rule versions, after a version was raised
	$(BIN)/python -m tests.unit.store.rule_sources

constraints: $(READY) ## pin anew what pyproject.toml asks for; UPGRADE=1 takes newer versions
	$(BIN)/uv pip compile --quiet pyproject.toml --group dev --group docs --universal \
	  --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  $(if $(UPGRADE),--upgrade) --output-file constraints.txt

clean: ## everything that make made
	rm -rf $(VENV) demo build dist docs/_build docs/api docs/notebooks docs/gallery-pages docs/gallery/demo .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	  .import_linter_cache
