PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
export TF_CPP_MIN_LOG_LEVEL := 3

.PHONY: install report report-full test lint bench margin faults clean

install: .venv/.installed

.venv/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@

report: install  ## every built-in concept through both frameworks; report and migration guide into reports/
	$(BIN)/parity run
	$(BIN)/parity guide

report-full: install  ## the architectures at full size, one model alive at a time; report into reports/full/
	$(BIN)/python -m parity.full

test: install lint  ## what CI runs
	$(BIN)/python -m pytest -n 2 --dist loadgroup -q

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: install  ## speed and memory, as tables of ratios measured within one run
	$(BIN)/python -m benchmarks.run

margin: install  ## measures how far the rule's constants are from rounding on one side and planted faults on the other
	$(BIN)/python -m parity.margin reports/margin.json

faults: install  ## parity check, and what people use today, on planted mistakes and right ports; table into docs/faults.md
	$(BIN)/python -m pytest -n 2 --dist loadgroup -q -m faults tests/test_fault_effects.py tests/test_departures.py
	$(BIN)/python -m benchmarks.faults

clean:
	rm -rf reports/.cache .pytest_cache .mypy_cache .ruff_cache
