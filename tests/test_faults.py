"""Every planted fault turns red exactly the rows that it touches, where the right twin is green."""

import importlib
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache

import numpy as np
import planted.layers
import planted.training  # noqa: F401
import pytest
from planted import FAULTS, Fault, altered

from parity.case import AnyCase, Case, DemoCase, OptimizerCase, TrainingCase
from parity.comparison import Row
from parity.discovery import all_cases
from parity.judging import MOVED, judge, plan
from parity.recording import record_case
from parity.trace import Trace
from parity.verdict import Verdict

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
CASES: dict[str, AnyCase] = {case.id: case for case in all_cases()}


def case_of(fault: Fault) -> AnyCase:
    case = CASES[fault.case]
    return replace(case, steps=8, seeds=1) if isinstance(case, TrainingCase) else case


def record(case: AnyCase, framework: str) -> dict[str, Trace]:
    specs = plan(case, framework) + (() if framework == "keras" or isinstance(case, TrainingCase) else (MOVED,))
    return {spec.label: record_case(case, framework, spec.dtype, threads=1, move=spec.move, seed=spec.seed) for spec in specs}


@cache
def reference(case_id: str) -> dict[str, Trace]:
    return record(case_of(next(fault for fault in FAULTS if fault.case == case_id)), "torch")


def judged(fault: Fault) -> tuple[Row, ...]:
    case = case_of(fault)
    return judge(case, reference(case.id), record(case, "keras")).rows


@pytest.mark.parametrize("case", sorted({fault.case for fault in FAULTS}))
def test_the_right_twin_is_green(case):
    rows = judged(next(fault for fault in FAULTS if fault.case == case))
    assert rows
    assert [f"{row.role}:{row.name} {row.verdict} {row.note}" for row in rows if row.failing] == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.plant.__name__)
def test_a_planted_fault_turns_its_rows_red(fault, monkeypatch):
    fault.plant(monkeypatch)
    rows = {f"{row.role}:{row.name}": row for row in judged(fault)}
    red = {key for key, row in rows.items() if row.failing}
    expected = {key for key in rows if any(fnmatchcase(key, pattern) for pattern in fault.red)}
    assert expected, "no row has the names that are expected to turn red"
    assert red == expected, {key: row.verdict.value for key, row in rows.items()}
    assert all(any(fnmatchcase(key, pattern) for key in red) for pattern in fault.red), "a pattern fits no row"
    assert {rows[key].verdict for key in red} <= {Verdict.DIFFERENT, Verdict.SHAPE, Verdict.NONFINITE, Verdict.MISSING}


def test_a_constant_in_float32_is_seen_but_not_red(monkeypatch):
    """A learning rate of 0.00999999978 for 0.01: not the same formula, and not what float32 could see."""
    right = importlib.import_module("tf_impl.optimizers.adam").Adam._keep_exact
    altered(monkeypatch, "optimizers.adam:Adam", _keep_exact=lambda self, lr: right(self, float(np.float32(lr))))
    rows = judged(Fault(lambda patch: None, "optimizers.adam:Adam[gradients-1e-7]", ()))
    steps = [row for row in rows if row.role == "step"]
    assert {row.verdict for row in steps} == {Verdict.INDISTINGUISHABLE}


def test_every_kind_of_case_has_its_faults():
    assert len(FAULTS) >= 40
    kinds = [type(CASES[fault.case]) for fault in FAULTS]
    assert {kind: kinds.count(kind) >= least for kind, least in {Case: 20, OptimizerCase: 7, DemoCase: 4, TrainingCase: 2}.items()} == dict.fromkeys(
        (Case, OptimizerCase, DemoCase, TrainingCase), True
    )
