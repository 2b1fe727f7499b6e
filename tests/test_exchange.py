"""Record here, compare there, as a library: what is written, what could not be recorded, and two trees judged without a framework."""

import contextlib
import shutil
from dataclasses import replace

import numpy as np
import pytest
from trees.cases import AGREE, BREAK, DIFFER, NOT_RUN, ROOTS

from parity.case import Case, TrainingCase, uniform
from parity.errors import ParityUsageError
from parity.exchange import compare_folders, folder_name, record_cases
from parity.judging import judge
from parity.recording import record_case
from parity.runner import run
from parity.trace import Trace, TraceError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
REFUSES = BREAK[0][-1]
CASES = [*AGREE, DIFFER[0][-1], REFUSES]


@pytest.fixture(autouse=True)
def _no_processes(monkeypatch, in_process):
    """What is recorded matters here, not where: `test_runner` and `test_cli` have the pools."""

    @contextlib.contextmanager
    def submitter(*arguments):
        yield lambda side, limit, function, *arguments: in_process.submit(function, *arguments)

    monkeypatch.setattr("parity.exchange.submitter", submitter)


@pytest.fixture
def recorded(tmp_path):
    """Both sides of all cases."""
    for side in ("torch", "keras"):
        record_cases(["*"], side, out=tmp_path / side, cases=CASES)
    return tmp_path


def words(run) -> dict[str, str]:
    return {result.case.id: result.word for result in run}


def test_one_folder_a_case_and_one_file_a_precision(recorded):
    files = {str(path.relative_to(recorded)) for path in recorded.glob("*/*/*.safetensors")}
    assert {"torch/affine_Affine_default/float64.safetensors", "keras/affine_Affine_default/float32.safetensors"} <= files
    # whoever compares may have no torch to ask about ill-conditioned rows:
    assert "torch/affine_Affine_default/float64-moved.safetensors" in files
    assert "keras/affine_Affine_default/float64-moved.safetensors" not in files


def test_what_could_not_be_recorded_is_named(tmp_path):
    skipped = [case for _, case in NOT_RUN]
    failures = record_cases(["*"], "keras", out=tmp_path, cases=[*AGREE, REFUSES, *skipped])
    assert set(failures) == {REFUSES.id, *(case.id for case in skipped)}
    assert failures[REFUSES.id] == BREAK[0][0]
    assert failures[skipped[0].id] == "the twin is not on the tensorflow backend"
    assert len(list(tmp_path.glob("*/float64.safetensors"))) == len(AGREE)


def test_recording_again_replaces(recorded):
    path = recorded / "torch" / folder_name(AGREE[0])
    (path / "float32-seed9.safetensors").write_bytes(b"left over from another version")
    before = (path / "float64.safetensors").stat().st_mtime_ns
    record_cases(["affine"], "torch", out=recorded / "torch", cases=CASES)
    assert not (path / "float32-seed9.safetensors").exists()
    assert (path / "float64.safetensors").stat().st_mtime_ns > before
    assert (recorded / "torch" / folder_name(AGREE[1]) / "float64.safetensors").is_file(), "other cases stay"


def test_a_runs_cache_in_the_same_directory_stays(tmp_path):
    (tmp_path / ".cache" / "results").mkdir(parents=True)
    (tmp_path / ".cache" / "results" / "a.json").write_text("{}")
    record_cases(["affine"], "torch", out=tmp_path, cases=CASES)
    assert (tmp_path / ".cache" / "results" / "a.json").is_file()


def test_progress_is_told(tmp_path):
    told = []
    record_cases(["functions:double", REFUSES.id], "keras", out=tmp_path, cases=CASES, progress=lambda case, failure: told.append((case.id, failure)))
    assert told == [("functions:double[default]", ""), (REFUSES.id, BREAK[0][0])]


def test_comparing_gives_what_running_gives(recorded, in_process):
    ran = run(cases=CASES[:-1], out=recorded / "ran", executor=in_process)
    found = compare_folders(recorded / "torch", recorded / "keras", out=recorded / "out", cases=CASES)
    assert found.backend == "recorded"
    assert found.device == "cpu"
    assert [result.rows for result in found.results[:-1]] == [result.rows for result in ran]
    assert found.results[0].made["torch"]["framework"] == "torch"
    assert found.results[0].made["keras"]["framework"] == "keras"


def test_a_side_that_could_not_be_recorded_is_told(recorded):
    found = compare_folders(recorded / "torch", recorded / "keras", out=recorded / "out", cases=CASES)
    result = next(result for result in found if result.case is REFUSES)
    assert result.word == "could-not-run"
    assert f"{REFUSES.id} was not recorded in {recorded / 'keras'}" in result.message
    assert found.exit_code == 1  # one of the others differs


def test_only_what_was_recorded_is_compared(recorded):
    shutil.rmtree(recorded / "torch" / folder_name(AGREE[1]))
    shutil.rmtree(recorded / "keras" / folder_name(AGREE[1]))
    assert AGREE[1].id not in words(compare_folders(recorded / "torch", recorded / "keras", out=recorded, cases=CASES))


def test_two_recordings_of_one_side_are_identical(recorded):
    record_cases(["*"], "torch", out=recorded / "again", cases=CASES)
    found = compare_folders(recorded / "torch", recorded / "again", out=recorded, cases=[*AGREE, DIFFER[0][-1], REFUSES])
    assert set(words(found).values()) == {"identical"}
    assert found.ok


def test_recordings_of_two_precisions_in_one_another_place(recorded):
    """float32 stored as float64: told, not judged."""
    folder = recorded / "torch" / folder_name(AGREE[0])
    shutil.copy(folder / "float32.safetensors", folder / "float64.safetensors")
    found = words(compare_folders(recorded / "torch", recorded / "keras", out=recorded, cases=CASES))
    assert found[AGREE[0].id] == "could-not-run"


def test_an_ill_conditioned_case_is_decided_without_torch(tmp_path):
    """40 steps of a chaotic map: float32 has no digits left; the moved run that was recorded decides."""
    case = Case("functions:chaotic", inputs={"x": uniform(20, low=0.1, high=0.9)}, gradients=False, roots=ROOTS)
    for side in ("torch", "keras"):
        assert record_cases(["*"], side, out=tmp_path / side, cases=[case]) == {}
    result = compare_folders(tmp_path / "torch", tmp_path / "keras", out=tmp_path, cases=[case]).results[0]
    assert result.word == "ill-conditioned"
    assert "float32 has no digits here; in float64 the sides are" in result.rows[0].note


@pytest.mark.parametrize(
    ("framework", "sentence"), [("jax", "Unknown framework 'jax'; expected torch or keras."), ("", "Unknown framework ''; expected torch or keras.")]
)
def test_an_unknown_framework(tmp_path, framework, sentence):
    with pytest.raises(ParityUsageError, match=sentence):
        record_cases(["*"], framework, out=tmp_path, cases=CASES)


def test_case_names_make_different_folders():
    from parity.discovery import all_cases

    names = [folder_name(case) for case in all_cases()]
    assert len(set(names)) == len(names)
    assert all(name == name.strip(".") and "/" not in name for name in names)


# What `judge` refuses


def sides(case) -> list[dict[str, Trace]]:
    return [{dtype: record_case(case, side, dtype) for dtype in ("float64", "float32")} for side in ("torch", "keras")]


def test_judging_traces_of_another_case():
    torch, keras = sides(AGREE[0])
    with pytest.raises(TraceError, match=r"Expected traces of functions:double\[default\], got one of affine:Affine\[default\]"):
        judge(AGREE[1], torch, keras)


@pytest.mark.parametrize("label", ["float64", "float32"])
def test_judging_with_a_precision_missing(label):
    torch, keras = sides(AGREE[0])
    del keras[label]
    with pytest.raises(TraceError, match=f"the {label} trace is missing on one side"):
        judge(AGREE[0], torch, keras)


def test_a_record_that_one_side_lacks_is_a_row():
    torch, keras = sides(AGREE[0])
    less = {label: replace(trace, records=tuple(r for r in trace if r.key != "grad:weight")) for label, trace in keras.items()}
    assert {row.verdict.value for row in judge(AGREE[0], torch, less).rows if row.name == "weight"} == {"missing"}
    assert {row.verdict.value for row in judge(AGREE[0], less, torch).rows if row.name == "weight"} == {"extra"}


def test_other_starts_are_not_compared_silently():
    """Two recordings with different weights: the weights themselves are the first red rows."""
    torch, keras = sides(AGREE[0])
    moved = {
        label: replace(trace, records=tuple(replace(r, array=r.array * np.float32(1.5)) if r.key == "weight:weight" else r for r in trace))
        for label, trace in keras.items()
    }
    rows = judge(AGREE[0], torch, moved).rows
    assert rows[0].role == "weight"
    assert rows[0].failing


def test_a_training_run_without_its_envelope_is_not_agreement():
    case = TrainingCase("models.lenet:LeNet", "short", steps=3, seeds=1)
    torch, keras = ({dtype: record_case(case, side, dtype, threads=1) for dtype in ("float64", "float32")} for side in ("torch", "keras"))
    rows = judge(case, torch, keras).rows
    assert rows
    assert all(row.role == "trajectory" for row in rows)
