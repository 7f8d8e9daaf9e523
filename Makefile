# Every target does its own set-up, on a machine with Python 3.11 (3.11.5 or later), make and a C compiler.
PYTHON ?= $(firstword $(shell command -v python3.11 python3 2>/dev/null))
BIN := .venv/bin
export REDRAWN_ROOT := $(CURDIR)
export MPLBACKEND := agg

.PHONY: book test lint unit faults cluster devices crates gate run check site serve bench lock latest clean
.DEFAULT_GOAL := book

.venv/ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Redrawn needs Python 3.11 (3.11.5 or later): install it, or say make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11, 5) <= sys.version_info[:3] < (3, 12))' || { \
	  echo "Redrawn needs Python 3.11 (3.11.5 or later), found $$($(PYTHON) --version); say make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Installing the pinned packages into .venv (about two minutes, once)"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --progress-bar on -r requirements.lock || { \
	  echo "The packages could not be installed: is this machine online? Then run make again."; exit 1; }
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@touch $@

# All chapters at quick, or what is asked: make run CHAPTERS="grokking optimal-transport" PROFILE=standard
CHAPTERS ?=
PROFILE ?= quick
DEVICE ?= auto

run: .venv/ready
	$(BIN)/redrawn run $(CHAPTERS) --profile $(PROFILE) --device $(DEVICE) --keep-going

book: run
	$(BIN)/redrawn book --profile $(PROFILE)

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/redrawn generate --check
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/zizmor --offline --quiet --pedantic .github/workflows

# Tests that share nothing run side by side, in this many processes of up to 2 GB.
WORKERS ?= 2
SIDE_BY_SIDE := -n $(WORKERS) --dist worksteal

unit: .venv/ready
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q $(SIDE_BY_SIDE) tests/unit

# What a kill, a full disk or a spoilt file does; WRITE=1 writes the outcomes to the guide.
faults: .venv/ready
	REDRAWN_WRITE=$(WRITE) OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q tests/faults

# The same jobs through SLURM: on a cluster of yours, or, on a machine to throw away, after `.ci/slurm start`.
EXECUTOR ?= slurm
cluster: .venv/ready
	REDRAWN_EXECUTOR=$(EXECUTOR) $(BIN)/python -m pytest -q tests/cluster

# Every chapter on a pretended GPU, which meets no tensor of the CPU.
devices: .venv/ready
	CHAPTERS="$(CHAPTERS)" OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q $(SIDE_BY_SIDE) tests/devices

# How far the gate can be trusted, measured anew: hours. What is there already is not made again.
MUTANTS ?= 200
gate: .venv/ready
	$(BIN)/redrawn run $(CHAPTERS) --seeds 1:21
	$(BIN)/redrawn alarms $(CHAPTERS) --seeds 1:21
	OMP_NUM_THREADS=1 $(BIN)/python tests/mutation/mutants.py --count $(MUTANTS)
	$(BIN)/redrawn generate

check: run
	$(BIN)/redrawn check $(CHAPTERS) --profile $(PROFILE)

site: book
	$(BIN)/python -m pytest -q $(SIDE_BY_SIDE) tests/site

# Every chapter's research object against RO-Crate 1.3, by a validator that cannot share our environment.
_build/crates/ready: tests/crates/requirements.lock
	$(PYTHON) -m venv --clear _build/crates
	_build/crates/bin/python -m pip install --disable-pip-version-check --quiet -r $<
	@touch $@

crates: book _build/crates/ready
	env -u PYTHONPATH _build/crates/bin/python tests/crates/validate.py $(BIN)/../lib/python*/site-packages/rocrate/data/ro-crate.jsonld \
	  $$(dirname $$(find _build/html/_static/figures -name ro-crate-metadata.json))

test: lint unit faults check site

serve: .venv/ready
	$(BIN)/redrawn serve

# Ratios against peers, side by side in one run, into the guide's table.
bench: .venv/ready
	for script in $(filter-out benchmarks/report.py, $(wildcard benchmarks/*.py)); do OMP_NUM_THREADS=1 $(BIN)/python $$script || exit 1; done
	$(BIN)/redrawn generate

# The lock file, anew: what the direct pins of pyproject.toml resolve to in an empty environment.
lock:
	$(PYTHON) -m venv --clear _build/lock
	_build/lock/bin/python -m pip install --quiet -e '.[dev]'
	_build/lock/bin/python -m pip freeze --all --exclude-editable --exclude pip | sed 's/+cpu//' > requirements.lock

# The newest versions of the direct dependencies into .venv, instead of the pins.
latest: .venv/ready
	sed -n 's/^ *"\([A-Za-z0-9_.-]*\)==.*",$$/\1/p' pyproject.toml | grep -v -i -E '^(torch|sphinx|jupyter-book|docutils)$$' > _build/latest.txt
	$(BIN)/python -m pip install --quiet --upgrade --upgrade-strategy eager -r _build/latest.txt

clean:
	rm -rf _build .snakemake
