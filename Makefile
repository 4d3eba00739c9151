# `make up` tries it without an AWS account; `make check` is what to run before a commit. `make` lists all.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
PINNED := $(PIP) install --require-hashes --only-binary :all: --requirement
PIN := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate --no-header

# Only `make up PORT=4570` names a port; a PORT in the environment is meant for something else.
ON := --local $(if $(filter command,$(firstword $(origin PORT))),--local-port $(PORT))

.DEFAULT_GOAL := help

.PHONY: help up status down test test-all slow-tests check check-mutants lint types format bench crash-matrix ownership-sweep crashes-sweep replacing state-lost signals-sweep terminal-sweep \
	laws-sweep pages-sweep fuzz fuzz-api limits errors security drift plan-sweep screens-sweep permissions permissions-sweep screenshots day skill templates mutants scan audit pins clean

help:  ## this list
	@echo "up, status and down take PORT=4570 for the emulator, and all take PYTHON=python3.13"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: $(VENV)/local.stamp  ## the whole stack on the embedded emulator
	$(BIN)/provision up $(ON) --yes

status: $(VENV)/local.stamp  ## its dashboard
	$(BIN)/provision status $(ON)

down: $(VENV)/local.stamp  ## remove everything, the data too
	$(BIN)/provision down $(ON) --yes --destroy-data
	$(BIN)/provision local stop

# A file's tests run in one worker, which makes once what they share; slow folders are first in the alphabet.
# Some tests wait, so three workers keep two cores busy.
TEST := PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

test: $(VENV)/test.stamp  ## the test suite, with one in seven of the slow tests
	SLOW_TESTS=sample $(TEST)

test-all: $(VENV)/test.stamp  ## the whole test suite, as CI runs it
	$(TEST)

slow-tests: $(VENV)/test.stamp  ## tests/slow_tests.txt, the slow tests by a run of all
	$(TEST) --junitxml=build/tests.xml
	$(BIN)/python -m tests.support.slow_tests build/tests.xml

lint: $(VENV)/test.stamp  ## ruff and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/test.stamp  ## mypy, strict
	$(BIN)/mypy
	MYPYPATH=function $(BIN)/mypy function/*.py  # Lambda imports these by their bare names
	MYPYPATH=function $(BIN)/mypy provision/templates/minimal/function/app.py

check: lint types test  ## what CI checks, with one in seven of the slow tests

format: $(VENV)/test.stamp  ## ruff's fixes and formatting
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(VENV)/test.stamp  ## seconds, calls and memory, compared with others; docs/performance.md
	$(BIN)/python -m bench --scale --peers

crash-matrix: $(VENV)/test.stamp  ## every command interrupted at every call; docs/reliability.md
	$(BIN)/python -m bench.crash_matrix

ownership-sweep: $(VENV)/test.stamp  ## every kind of resource with another owner, and many random stacks
	OWNERSHIP_SWEEP=1 $(BIN)/pytest -n 2 tests/faults/ownership

crashes-sweep: $(VENV)/test.stamp  ## every kind of resource created and edited, interrupted at every write
	CRASHES_SWEEP=1 $(BIN)/pytest -n 2 tests/unit/steps -k crash

replacing: $(VENV)/test.stamp  ## every replacement interrupted, with the state lost
	REPLACING_ALL=1 $(BIN)/pytest -n 2 tests/faults/replacement

state-lost: $(VENV)/test.stamp  ## every command with the state deleted, torn, older or newer than AWS; docs/reliability.md
	$(BIN)/python -m bench.state_lost

signals-sweep: $(VENV)/test.stamp  ## a signal at every fifth call of up and down
	SIGNALS_SWEEP=1 $(BIN)/pytest -n 2 tests/faults/signals

screens-sweep: $(VENV)/test.stamp  ## the screens of every command, for many configurations and accounts
	SCREENS_SWEEP=1 $(BIN)/pytest -n 2 tests/integration/every_screen

terminal-sweep: $(VENV)/test.stamp  ## every command in every size and kind of terminal
	TERMINAL_SWEEP=1 $(BIN)/pytest -n 2 tests/integration/terminal

plan-sweep: $(VENV)/test.stamp  ## forty random histories of config.yaml: `up` does what the plan shows
	PLAN_SWEEP=1 $(BIN)/pytest -n 2 tests/conformance/plan

pages-sweep: $(VENV)/test.stamp  ## a sign-in page instead of AWS's answer, for every operation of plan, up and down
	PAGES_SWEEP=1 $(BIN)/pytest -n 2 tests/unit/aws/test_answer_format.py

laws-sweep: $(VENV)/test.stamp  ## every simulated AWS behaviour, alone and together, with twenty seeds
	LAW_SEEDS=20 $(BIN)/pytest -n 2 tests/faults/aws_behaviours

permissions: $(VENV)/test.stamp  ## docs/permissions.md, from what the steps declare
	$(BIN)/python -m tests.conformance.permissions.full_page

permissions-sweep: $(VENV)/test.stamp  ## each action taken away once under moto's enforcement; docs/permissions.md
	$(BIN)/python -m tests.conformance.permissions.sweep

fuzz: $(VENV)/test.stamp  ## config.yaml, state, its log and saved plans, damaged thousands of times; docs/security.md
	FUZZ=40 $(BIN)/pytest -n 2 tests/faults/fuzzing

fuzz-api: $(VENV)/test.stamp  ## 5,000 hostile requests each, by AWS's rules and over HTTP; docs/security.md
	FUZZ_REQUESTS=5000 $(BIN)/pytest tests/function/test_hostile_callers.py
	FUZZ_REQUESTS=5000 $(BIN)/pytest tests/integration/end_to_end/test_life.py -k "on_the_wire or access_log"

limits: $(VENV)/test.stamp  ## docs/limits.md, from the table and a rehearsal of the whole stack
	$(BIN)/python -m tests.unit.preflight.page

errors: $(VENV)/test.stamp  ## docs/errors.md, from the explanations of `provision explain`
	$(BIN)/python -m tests.unit.workflows.errors_page

security: $(VENV)/test.stamp  ## docs/security.md, then every control checked
	$(BIN)/python -m tests.conformance.security.page
	$(BIN)/pytest tests/conformance/security

drift: $(VENV)/test.stamp  ## drift of every field, on moto and MiniStack; docs/drift.md
	$(BIN)/python -m tests.conformance.drift.page

templates:  ## the template of `provision init`, from config.yaml, function/ and layer/
	cp config.yaml provision/templates/items/
	cp layer/requirements.* provision/templates/items/layer/
	cp function/*.py provision/templates/items/function/
	mv provision/templates/items/function/api_helpers.py provision/templates/common/function/

skill:  ## docs/skill.md, the page of what `provision skill` prints
	cp provision/SKILL.md docs/skill.md

day: $(VENV)/test.stamp  ## docs/operate.md, by typing its commands again
	$(BIN)/python docs/day.py

screenshots: $(VENV)/test.stamp  ## the README's pictures, from a real run
	$(BIN)/python docs/screenshots.py

scan: $(VENV)/test.stamp .venv-scan/stamp  ## checkov over the deployed stack, as the emulated account shows it
	$(BIN)/python -m tests.conformance.security.scan .venv-scan/bin/checkov

mutants: .venv-mutants/stamp  ## faults made on purpose, and those that no unit test notices; docs/testing.md
	.venv-mutants/bin/python -m bench.mutants $(MUTANTS)

check-mutants: $(VENV)/test.stamp  ## faults in the whole stack that `provision check` must see; docs/check.md
	$(BIN)/python -m tests.conformance.checks.page

audit: .venv-audit/stamp  ## known vulnerabilities in what is pinned; queries PyPI
	for pins in requirements/*.txt layer/requirements.txt; do \
		.venv-audit/bin/pip-audit --strict --disable-pip --require-hashes --requirement $$pins || exit 1; done

pins: $(VENV)/test.stamp  ## the newest versions that setup.cfg and the layer allow, with their hashes
	$(PIN) --extra local setup.cfg requirements/build.in --constraint layer/requirements.txt \
		--output-file requirements/local.txt
	$(PIN) --extra test setup.cfg requirements/build.in --constraint layer/requirements.txt \
		--constraint requirements/local.txt --output-file requirements/test.txt
	$(PIN) requirements/scan.in --output-file requirements/scan.txt
	$(PIN) requirements/audit.in --output-file requirements/audit.txt
	$(PIN) requirements/mutants.in --constraint requirements/test.txt --output-file requirements/mutants.txt

clean:  ## delete everything that make created here
	rm -rf $(VENV) .venv-scan .venv-audit .venv-mutants mutants .provision build *.egg-info

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/local.stamp: $(VENV)/bin/python setup.cfg requirements/local.txt
	$(PINNED) requirements/local.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/test.stamp: $(VENV)/bin/python setup.cfg requirements/test.txt layer/requirements.txt
	$(PINNED) requirements/test.txt
	$(PINNED) layer/requirements.txt --no-deps
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

.venv-mutants/stamp: requirements/mutants.txt requirements/test.txt setup.cfg layer/requirements.txt
	$(MAKE) VENV=.venv-mutants .venv-mutants/test.stamp  # the tests run in it, beside mutmut
	.venv-mutants/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes --only-binary :all: \
		--requirement $<
	touch $@

.venv-%/stamp: requirements/%.txt
	$(PYTHON) -m venv .venv-$*
	.venv-$*/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes --only-binary :all: \
		--requirement $<
	touch $@
