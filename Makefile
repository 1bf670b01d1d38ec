# Two doors: `make demo` shows an estate alive, `make test` runs every test. Both set themselves up.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEV_READY := $(VENV)/.ready-dev
RP2_READY := $(VENV)/rp2/.ready
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check budgets soak codes lock compiled

help:
	@echo "make demo    an estate of 3,444 devices, a broker, a management centre and its console"
	@echo "             ARGS=\"--headless --duration 60 --report out/\" runs it without a person"
	@echo "make test    all tests"
	@echo "make check   lint, types, generated files, size budgets"
	@echo "make budgets sizes, heap and times of the firmware beside their ceilings; check prints it too"
	@echo "make compiled  the same as machine code, in .venv-compiled: quicker (needs a C compiler)"
	@echo "make soak    24 h of each kind's time with dangers and faults, power cuts, mutated bytes,"
	@echo "             a street, a cluster, 30 virtual days of an estate, each incident live: two hours and more"

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setting up $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_READY): $(READY) requirements-dev.lock
	@echo "setting up what tests and checks need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

$(RP2_READY): $(READY) requirements-rp2.lock
	@rm -rf $(VENV)/rp2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
		--target $(VENV)/rp2 -r requirements-rp2.lock
	@touch $@

demo: $(READY)
	@exec $(BIN)/lilong demo $(ARGS)

test: $(DEV_READY) $(RP2_READY)
	$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

check: $(DEV_READY) $(RP2_READY)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy compiled
	$(BIN)/python -m lilong_tools.check_boards
	$(BIN)/python -m lilong_protocol.registry.generate --check
	$(BIN)/python -m lilong_tools.flash.budget
	@$(MAKE) --no-print-directory budgets

compiled: $(DEV_READY)  ## see compiled/README.md
	@rm -f dist/lilong-*.whl
	HATCH_BUILD_HOOK_ENABLE_CUSTOM=1 $(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps \
		--no-build-isolation --wheel-dir dist .
	@test -x .venv-compiled/bin/python || $(PYTHON) -m venv .venv-compiled
	@.venv-compiled/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@.venv-compiled/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall dist/lilong-*.whl
	@.venv-compiled/bin/lilong --version

budgets: $(DEV_READY)  ## sizes, heap, times of start, rules and drivers, beside their ceilings and limits
	$(BIN)/python benchmarks/budgets.py

SOAK_JOBS ?= 2
SOAK_SEED ?= 1

soak: $(DEV_READY)  ## long runs; each line says what it came to, and in what time
	$(BIN)/python -m tests.soak.run --hours 24 --jobs $(SOAK_JOBS) --seed $(SOAK_SEED)
	$(BIN)/python benchmarks/whole_heap.py
	$(BIN)/python -m tests.firmware.power_runs --schedules 12000 --jobs $(SOAK_JOBS) --seed $(SOAK_SEED)
	$(BIN)/python -m tests.fuzz.run frame --count 10000000 --jobs $(SOAK_JOBS) --seed $(SOAK_SEED)
	$(BIN)/python -m tests.fuzz.run session --count 1000000 --jobs $(SOAK_JOBS) --seed $(SOAK_SEED)
	$(BIN)/python -m tests.fuzz.run mqtt --count 10000000 --jobs $(SOAK_JOBS) --seed $(SOAK_SEED)
	$(BIN)/python -m tests.fuzz.compare --count 100000 --seed $(SOAK_SEED)
	$(BIN)/python -m tests.soak.generator street --minutes 10
	$(BIN)/python -m tests.soak.generator cluster --minutes 10
	$(BIN)/python -m tests.soak.generator days --days 30
	$(BIN)/python -m tests.soak.estate_days --days 30 --seed $(SOAK_SEED)
	$(BIN)/python -m tests.soak.ten_incidents --seeds $(SOAK_SEED)
	$(BIN)/python -m tests.soak.incidents_live
	$(BIN)/python -m tests.soak.incidents_live --long --speed 8

codes: $(READY)  ## write what follows from the registry
	$(BIN)/python -m lilong_protocol.registry.generate

lock: $(READY)  ## pin every dependency anew, with hashes (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --group dev pyproject.toml -o requirements-dev.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --group build pyproject.toml \
		-c requirements-dev.lock -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-deps --group rp2 \
		-o requirements-rp2.lock
