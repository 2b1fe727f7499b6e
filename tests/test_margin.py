"""The rule's margin: on probes that were used to choose nothing, no right one comes out red, every planted fault does, and a wide gap lies between."""

import json
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from parity.margin import judge_faults, judge_right, judge_unseen
from parity.margin.faults import FAULTS
from parity.margin.probe import Probe, generator, judge_probe
from parity.margin.right import RIGHT
from parity.report.margin import read_margin
from parity.verdict import Verdict


@pytest.fixture(scope="module")
def right():
    return list(judge_right())


@pytest.fixture(scope="module")
def faults():
    return list(judge_faults())


def test_nothing_right_is_red(right):
    assert len(right) >= 500
    assert [outcome.row for outcome in right if outcome.row.failing] == []
    assert {outcome.row.verdict.value for outcome in right} <= {"identical", "equivalent", "imprecise"}


def test_every_planted_fault_is_red(faults):
    assert len(FAULTS) >= 20
    assert [outcome.row for outcome in faults if not outcome.row.failing] == []


def test_what_float32_cannot_see_is_told_apart_from_rounding():
    unseen = list(judge_unseen())
    assert {outcome.row.verdict for outcome in unseen} == {Verdict.INDISTINGUISHABLE}
    assert min(outcome.ratio for outcome in unseen) > 1e4


def test_the_gap(right, faults):
    """The limit is 1; measured are 0.34 and 180,000."""
    assert max(outcome.ratio for outcome in right) < 1
    assert np.quantile([outcome.ratio for outcome in right], 0.99) < 0.1
    assert min(outcome.ratio for outcome in faults) > 1e4


def test_float32_kernels_stay_far_from_what_is_red(right):
    """K over V; 2¹⁴ is red, measured is 203."""
    assert max(outcome.kernel for outcome in right) < 2.0**14 / 10


def test_the_probes_are_of_many_kinds(right, faults):
    assert set(Counter(outcome.name for outcome in right).values()) == {40}
    assert set(Counter(outcome.name for outcome in faults).values()) == {5}
    assert len(RIGHT) >= 20
    nothing_to_judge = [outcome for outcome in right if outcome.row.scale == 0]
    assert nothing_to_judge == []
    identical = sum(outcome.row.verdict is Verdict.IDENTICAL for outcome in right)
    assert identical < len(right) / 5, "pairs that round alike measure nothing"


@pytest.mark.parametrize("kind", [*RIGHT, *FAULTS], ids=lambda kind: kind.__name__)
def test_probes_come_out_the_same_on_every_run(kind):
    first, second = (kind(generator("again", kind.__name__)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first.inputs, second.inputs, strict=True))


def test_a_right_pair_with_a_fault_would_be_seen():
    """The test above can fail: the same right probes with the smallest of changes are red."""
    for kind in RIGHT:
        probe = kind(generator("right", kind.__name__, 0))
        spoiled = Probe(probe.inputs, probe.reference, lambda *a, actual=probe.actual: actual(*a) * (1 + 1e-2), probe.step)
        assert judge_probe(kind.__name__, spoiled).row.failing, kind.__name__


def test_the_command_writes_what_the_report_reads(tmp_path):
    out = tmp_path / "new" / "margin.json"
    done = subprocess.run([sys.executable, "-m", "parity.margin", out, "--numpy-only"], capture_output=True, text=True, check=True)
    assert "None is misjudged" in done.stdout
    margin = read_margin(out, required=True)
    assert len(margin.rounding) >= 500
    assert margin.largest_rounding < 1 < margin.smallest_fault
    assert {name for name, _ in margin.faults} == {kind.__name__.replace("_", " ") for kind in FAULTS}
    made = json.loads(out.read_text())["made"]
    assert made["largest rounding"] == margin.largest_rounding
    assert made["red though right"] == made["not red though wrong"] == []


def test_nothing_right_is_red_between_the_frameworks():
    pytest.importorskip("torch")
    pytest.importorskip("tensorflow")
    from parity.margin.frameworks import CASES, judge_frameworks

    outcomes = list(judge_frameworks(each=3))
    assert {outcome.name.partition(" ")[0] for outcome in outcomes} == set(CASES)
    assert [outcome.row for outcome in outcomes if outcome.row.failing] == []
    assert max(outcome.ratio for outcome in outcomes) < 1


@pytest.mark.parametrize("module", ["parity.margin", "parity.comparison", "parity.trace", "parity.weights"])
def test_no_framework_is_needed(module):
    code = f"import sys, {module}; print(sorted({{'torch', 'tensorflow', 'keras', 'jax', 'pandas'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
