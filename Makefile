# Every target does the set-up it needs by itself. What is built or run goes to out/, the virtual environment to .venv/.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
VALIDATORS ?= 4
BUDGET ?= 20m
JOBS ?= 2
RUNS ?= 1000000
# Every commit has a seed of its own.
SEED ?= $(shell printf '%d' "0x$$(git rev-parse --short=7 HEAD 2>/dev/null || echo 0)")

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
FUZZ_READY := $(VENV)/.fuzz-ready
KERNELS := out/cache/kernels.compiled
TOOLS := out/bin/cometbft out/bin/cometbft-v0.38 out/bin/ics23-verify out/bin/light-verify out/bin/priv_val_server out/bin/promcheck
TOOLS += $(if $(shell command -v cargo),out/bin/ics23-verify-rust)

.PHONY: help setup demo test test-long fuzz lint format typecheck proto bench audit docs clean tools symlinks

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(READY) tools $(KERNELS) ## virtual environment and CometBFT

demo: setup ## a whole round on a real chain, with real data (VALIDATORS=4)
	$(BIN)/python tools/demo.py --validators $(VALIDATORS)
	$(BIN)/python -I tools/check_summary.py out/demo/summary.json

test: setup ## unit, property and end-to-end tests, in JOBS=2 processes
	$(BIN)/python -m pytest -n $(JOBS)

test-long: setup $(FUZZ_READY) ## soak tests, fuzzing and mutations for BUDGET=20m, in an order drawn from SEED
	$(BIN)/python tests/mutations/long_run.py --budget $(BUDGET) --seed $(SEED)

fuzz: setup $(FUZZ_READY) ## RUNS=1000000 changed inputs at every way in for strangers' bytes
	$(BIN)/python -m tests.fuzz.campaign --runs $(RUNS) --seed $(SEED)

lint: $(READY) typecheck ## style, layers, types, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --cache-dir out/cache/import-linter
	tools/proto.sh --check

format: $(READY) ## let ruff mend style and order of imports
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

typecheck: $(READY) ## mypy --strict
	$(BIN)/mypy
	$(BIN)/mypy bench
	$(BIN)/mypy tools tests/conftest.py tests/mutations tests/repo

proto: $(READY) ## generate proto/*_pb2.py and *_pb2.pyi again
	tools/proto.sh

bench: setup ## benchmarks against their references, into out/bench/results.json
	$(BIN)/python bench/run.py

audit: setup ## known faults in dependencies; says so where it could not look
	$(BIN)/python tools/audit.py

docs: $(READY) ## reference of every module from its docstrings, into out/docs
	$(BIN)/python tools/api_docs.py

clean: ## remove everything that was built, .venv too
	rm -rf out build dist .venv src/assay.egg-info .hypothesis .benchmarks .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

tools: $(TOOLS)

# A checkout without symbolic links installs without a word, and without its code.
symlinks:
	@for name in client crypto node proto state; do \
		if [[ ! -L src/assay/$$name || ! -d src/assay/$$name ]]; then \
			echo "src/assay/$$name must be a symbolic link to ../../$$name, and is not one here."; \
			echo "Use a file system with symbolic links, then: git config core.symlinks true && git checkout -- src/assay"; \
			exit 1; \
		fi; \
	done

$(READY): pyproject.toml constraints.txt | symlinks
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed, and $(PYTHON) is $$($(PYTHON) -V 2>&1): say make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt setuptools wheel
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		--no-build-isolation --editable '.[node,train,dev,docs]'
	@touch $@

$(FUZZ_READY): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		--no-build-isolation --editable '.[fuzz]'
	@touch $@

# What numba compiles is kept beside the sources; without this the first start of a node would wait for it.
$(KERNELS): $(wildcard crypto/ring/*.py crypto/proof/*.py) | $(READY)
	$(BIN)/python -m assay.node.workers.warm_up
	@mkdir -p $(@D)
	@touch $@

out/bin/cometbft: tools/cometbft/go.mod tools/cometbft/go.sum tools/build.sh tools/go.sh | $(READY)
	@tools/build.sh tools/cometbft github.com/cometbft/cometbft/cmd/cometbft $@

out/bin/cometbft-v0.38: tools/cometbft-v038/go.mod tools/cometbft-v038/go.sum tools/build.sh tools/go.sh | $(READY)
	@tools/build.sh tools/cometbft-v038 github.com/cometbft/cometbft/cmd/cometbft $@

out/bin/light-verify: $(addprefix tools/light/,go.mod go.sum main.go) tools/build.sh tools/go.sh | $(READY)
	@tools/build.sh tools/light . $@

out/bin/ics23-verify: tools/ics23/go.mod tools/ics23/go.sum $(wildcard tools/ics23/*.go) tools/build.sh tools/go.sh | $(READY)
	@tools/build.sh tools/ics23 . $@

# The two below serve the tests: a remote signer, and Prometheus's own parsers.
out/bin/priv_val_server: tools/cometbft/go.mod tools/cometbft/go.sum tools/build.sh tools/go.sh | $(READY)
	@tools/build.sh tools/cometbft github.com/cometbft/cometbft/cmd/priv_val_server $@

out/bin/promcheck: tools/promcheck/go.mod tools/promcheck/go.sum $(wildcard tools/promcheck/*.go) tools/build.sh tools/go.sh | $(READY)
	@tools/build.sh tools/promcheck . $@

# Only the tests use it; without Rust the test that calls it fails, and says so.
out/bin/ics23-verify-rust: $(addprefix tools/ics23-rust/,Cargo.toml Cargo.lock src/main.rs)
	cargo build --quiet --release --locked --manifest-path $< --target-dir out/cache/cargo
	@mkdir -p $(@D)
	cp out/cache/cargo/release/$(@F) $@
