"""Architectures at full size: the mechanism on a small network, and how rectifiers that turn over are told from kernels that cancel."""

import numpy as np
import pytest
from fourfold import drawn, noisy

from parity import full
from parity.case import Case, image
from parity.discovery import all_cases
from parity.judging import TURNED
from parity.report import read_report, write_report
from parity.row import CANCELS, Row, judge_tensor
from parity.verdict import Verdict

PUBLISHED = {"ResNet", "VGG", "Inception3", "VisionTransformer", "SwinTransformer", "ConvNeXt", "DeepLabV3", "MaskRCNN", "YOLOv3", "YOLOAnchorFree"}


def test_every_network_that_was_asked_for_is_there():
    cases = all_cases("parity.cases_full")
    assert {case.target.partition(":")[2] for case in cases} == PUBLISHED
    assert {"resnet50", "resnet152"} < {case.name for case in cases}


class TestTurningOver:
    """A gradient (8, 40) that is right in float64; Keras' float32 is off by a hundredth in one slice."""

    def row(self, jump: float = 0.0, place: int = 3) -> Row:
        t64, t32, k64, k32 = noisy(drawn(8, 40))
        k32 = k32.copy()
        k32[3, 7] += 0.01
        moves = [t64 * (1 + sign * 2.0**-20) for sign in (1, -1)]
        moves[1][place, 5] += jump
        return judge_tensor(Row("w", "grad", Verdict.IDENTICAL), (t64, t32, k64, k32), turned=moves if jump else ())[0]

    def test_without_moved_runs_it_is_a_kernel_that_cancels(self):
        row = self.row()
        assert row.verdict is Verdict.DIFFERENT
        assert CANCELS in row.note

    def test_torch_jumps_as_far_when_its_weights_move(self):
        row = self.row(0.006)
        assert row.verdict is Verdict.IMPRECISE
        assert "turns over" in row.note

    @pytest.mark.parametrize(("jump", "place"), [(1e-9, 3), (0.004, 3), (0.5, 4)])
    def test_torch_moves_less_or_elsewhere(self, jump, place):
        row = self.row(jump, place)
        assert row.verdict is Verdict.DIFFERENT
        assert row.worst_slice == "axis 0 [3]"

    def test_another_formula_is_not_excused(self):
        t64, t32, _, k32 = noisy(drawn(8, 40))
        moves = [t64 + 0.5]
        assert judge_tensor(Row("w", "grad", Verdict.IDENTICAL), (t64, t32, t64 * 1.001, k32), turned=moves)[0].verdict is Verdict.DIFFERENT

    def test_to_either_side(self):
        array = np.ones(9)
        one, other = (spec.move("w", array) for spec in TURNED[:2])
        np.testing.assert_allclose(one + other, 2.0, rtol=1e-15)
        assert set(np.abs(one - 1)) == {2.0**-20}


@pytest.fixture
def small(monkeypatch):
    """A network of 700 numbers, in this process; arrays above 64 elements are thinned."""
    case = Case("models.lenet:LeNet", "small", config={"num_classes": 3}, inputs={"x": image(1, 1, 32, 32)})
    monkeypatch.setattr(full, "all_cases", lambda package: (case,))
    monkeypatch.setattr(full, "LARGEST", 2000)
    monkeypatch.setattr(full._Bench, "alone", alone)
    return case


def alone(bench, name, function, *arguments):
    told, peak = full._measured(function, arguments)
    bench.seconds[name], bench.memory[name], bench.memory["disk"] = 1.0, peak, 0.5
    return told


def test_a_run_and_its_report(small, tmp_path):
    told = []
    run = full.run_full([], tmp_path, told.append)
    (result,) = run.results
    assert run.exit_code == 0
    assert told == [result]
    assert any("[::" in row.name for row in result.rows if row.role == "grad")
    assert not any(row.role == "weight" for row in result.rows)
    assert result.memory["torch"] > 0.1
    write_report(run)
    assert read_report(tmp_path / "report.json").results[0].memory == {key: round(value, 2) for key, value in result.memory.items()}
    assert "| `models.lenet:LeNet[small]` | 1 | 1 | 1 |" in (tmp_path / "report.md").read_text()
    assert "Time and memory" in (tmp_path / "index.html").read_text()


def test_rows_in_doubt_are_run_again_and_nothing_else_is_kept(small, tmp_path, monkeypatch):
    """All rows of weights are said to cancel the first time."""
    kept = {}
    judge = full._judge

    def doubting(case, folder):
        judged, made = judge(case, folder)
        traces = full.load_traces(full.Path(folder) / "torch")
        kept.update({label: len(trace.records) for label, trace in traces.items()})
        if TURNED[0].label not in traces:
            rows = tuple(full.replace(row, note=CANCELS) if row.name == "fc3.bias" else row for row in judged.rows)
            judged = full.replace(judged, rows=rows)
        return judged, made

    monkeypatch.setattr(full, "_judge", doubting)
    run = full.run_full([], tmp_path)
    assert run.ok
    assert {kept[spec.label] for spec in TURNED} == {1}
    assert kept["float64"] > 10
