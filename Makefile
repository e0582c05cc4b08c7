# `make help` lists what there is to make. Nothing is installed outside the virtual environment of this folder.

PYTHON ?= python3
VENV ?= .venv
PYTHONS ?= 3.11 3.12 3.13
JOBS ?= auto
DEMO ?= build/example-city
FUZZ ?= build/fuzz
SUPPLY ?= .venv-supply
TARGETS ?= text json zip workbook
TYPED ?= conditions=1000000 packs=20000 commands=2000
SECONDS ?= 60
TYPED_SEED ?= 1
TYPED_FIRST ?= 0
SEED ?= $(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')
# The C source of durable_rules 2.0.28 calls a function that Python 3.13 no longer has. Its own setup ignores CFLAGS.
DURABLE_CC = $(CC) -O2 -DPyEval_CallObject=PyObject_CallObject

BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check --quiet
READY = $(VENV)/.ready

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: help venv demo debian test test-slow test-wheel test-all-pythons lint types check bench fuzz sbom audit clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name what; do \
		printf '  make %-18s %s\n' "$$name" "$$what"; done

venv: $(READY) ## the virtual environment that the others use: .venv, or VENV=…

# A wheel of durable_rules in pip's cache may have been built without DURABLE_CC, and would not load: so, no cache for it.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "lookback needs Python 3.11 or newer; $(PYTHON) --version says: $$($(PYTHON) --version 2>&1 | head -n 1). Name another: make PYTHON=python3.12" >&2; \
		exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments: install its venv module (on Debian and Ubuntu: python3-venv)." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -c 'import durable.engine' 2>/dev/null || $(MAKE) --no-print-directory durable-rules
	$(PIP) install --constraint constraints.txt --editable '.[dev]'
	@touch $@

.PHONY: durable-rules
durable-rules:
	@command -v $(firstword $(CC)) >/dev/null || { \
		echo "durable_rules is built from C source, and there is no C compiler '$(firstword $(CC))' here: install one (gcc or clang), or say which: make CC=clang" >&2; \
		exit 1; }
	CC='$(DURABLE_CC)' $(PIP) install --constraint constraints.txt --no-cache-dir --force-reinstall --no-binary durable_rules durable_rules
	@$(BIN)/python -c 'import durable.engine' || { \
		echo "durable_rules was built but does not load. Are the C headers of $(PYTHON) installed (on Debian and Ubuntu: python3-dev)?" >&2; exit 1; }

demo: $(READY) ## check the fixture city: verdicts, by batch what is owed, the worst units, and where the list and the report are
	@mkdir -p $(dir $(DEMO))
	$(BIN)/lookback check fixtures/example-city/example-city.xlsx --as-of 2005-10-20 --top 0 -o $(DEMO)
	@echo; $(BIN)/python fixtures/overview.py $(DEMO)
	@$(BIN)/lookback report $(DEMO) -o $(DEMO).html
	@echo; echo "The flagged units: $(DEMO)/flagged.xlsx"; echo "The report:        $(DEMO).html"

debian: ## the Debian packages that some tests need, where they can be installed
	@.ci/debian-packages

test: $(READY) debian ## every test but the slow ones
	$(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile

test-slow: $(READY) debian ## the large and slow tests, on random packs of a new seed: again by SEED=…
	$(PIP) install --constraint constraints.txt --editable '.[opinion]'
	$(BIN)/python -m pytest -q -m slow --hypothesis-profile deep --hypothesis-seed $(SEED)

test-all-pythons: ## every test on each Python of PYTHONS, each in an environment of its own
	@for version in $(PYTHONS); do \
		python$$version --version >/dev/null 2>&1 || { \
			echo "there is no python$$version here; leave it out with PYTHONS=… (with pyenv, first: pyenv shell $(PYTHONS))" >&2; exit 1; }; \
		echo "== Python $$version"; \
		$(MAKE) --no-print-directory test PYTHON=python$$version VENV=.venv-$$version || exit 1; done

test-wheel: $(READY) ## build the wheel, install it far from this folder and run it there
	@away=$$(mktemp -d) && trap 'rm -rf "$$away"' EXIT && set -e && data=$$PWD/fixtures/small && \
	$(PIP) wheel --no-deps --wheel-dir "$$away" . && \
	$(BIN)/python -m venv "$$away/venv" && \
	CC='$(DURABLE_CC)' "$$away/venv/bin/python" -m pip --disable-pip-version-check --quiet install \
		--constraint constraints.txt --no-cache-dir --no-binary durable_rules "$$away"/lookback-*.whl && \
	cd "$$away" && echo 'raise SystemExit("not of lookback")' | tee cli.py engine.py commands.py >/dev/null && \
	venv/bin/lookback --help && venv/bin/lookback check "$$data" -o review && test -s review/flagged.xlsx && \
	venv/bin/python -m lookback check "$$data" && venv/bin/python -c 'import lookback, sys; lookback.check(sys.argv[1])' "$$data" && \
	echo "the wheel works"

lint: $(READY) ## ruff
	$(BIN)/ruff check .

types: $(READY) ## mypy --strict
	$(BIN)/mypy --strict engine/lookback cli.py

check: lint types test ## lint, types and test

bench: $(READY) ## what it costs: start-up, many rules, large batches, reading, editing
	$(BIN)/python -m benchmarks

fuzz: $(READY) ## look for inputs that crash reading, each of TARGETS for SECONDS; then for what is typed, as many as TYPED says, from TYPED_FIRST on
	$(PIP) install --constraint constraints.txt --editable '.[fuzz]'
	@found=0; for target in $(TARGETS); do \
		echo "== $$target"; \
		$(BIN)/python tests/fuzz/fuzz_inputs.py $$target $(FUZZ) $(SECONDS) -rss_limit_mb=2048 -timeout=30 -verbosity=0 || { \
			echo "found: the input is the newest file of $(FUZZ)/$$target" >&2; found=1; }; done; \
	for typed in $(TYPED); do \
		PYTHONPATH=engine:tests:tests/fuzz $(BIN)/python tests/fuzz/typed.py $$(echo $$typed | tr = ' ') $(TYPED_SEED) $(TYPED_FIRST) || found=1; done; \
	exit $$found

# Apart from what is tested: some of what these tools need, openpyxl would use as well. All of it is pinned, or it is not used.
$(SUPPLY)/.ready: pyproject.toml constraints.txt $(READY)
	@test -x $(SUPPLY)/bin/python || $(PYTHON) -m venv $(SUPPLY)
	$(SUPPLY)/bin/python -m pip --disable-pip-version-check --quiet install --constraint constraints.txt $$($(BIN)/python -c \
		'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["supply"])')
	@loose=$$($(SUPPLY)/bin/python -m pip --disable-pip-version-check freeze | grep -ivxF -f constraints.txt); test -z "$$loose" || { \
		echo "constraints.txt does not pin what $(SUPPLY) holds:" $$loose >&2; exit 1; }
	@touch $@

sbom: $(SUPPLY)/.ready ## build/sbom.json: a bill (CycloneDX) of what is installed in the virtual environment
	@mkdir -p build
	$(SUPPLY)/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --output-file build/sbom.json $(BIN)/python
	@echo "build/sbom.json: what is installed in $(VENV)"

# pip-audit says "no known vulnerabilities" and ends with 0 where its database has none of the packages; with --strict it does not.
audit: $(SUPPLY)/.ready ## look up known vulnerabilities of every pinned package; fails where there are some, or nobody to ask
	@mkdir -p build && rm -f build/audit.json
	@$(SUPPLY)/bin/pip-audit --strict --requirement constraints.txt --no-deps --disable-pip --progress-spinner off \
		--format json --output build/audit.json 2>build/audit.log && { echo "audited: no known vulnerability (build/audit.json)"; exit 0; }; \
	if test -s build/audit.json; then \
		echo "known vulnerabilities:" >&2; \
		$(BIN)/python -c 'import json; [print(" ", d["name"], d["version"], v["id"], "mended in", *v["fix_versions"] or ["no version"]) \
			for d in json.load(open("build/audit.json"))["dependencies"] for v in d["vulns"]]' >&2; \
	else \
		echo "not audited: pip-audit did not reach its database, or it does not know these packages. It said (build/audit.log):" >&2; \
		tail -n 1 build/audit.log >&2; \
	fi; exit 1

clean: ## remove what make made, the environments too
	rm -rf .venv .venv-* build dist *.egg-info .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
