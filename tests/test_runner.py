"""The run: right verdicts for what agrees, differs, breaks, hangs and aborts; nothing lost; what is done is kept."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest
from conftest import HERE, ROOT
from trees.cases import AGREE, BREAK, CASES, DIFFER, NOT_RUN

from parity.case import Case, array
from parity.errors import CannotRunError, ParityUsageError
from parity.runner import run

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:keras")
ids = [case.id for *_, case in DIFFER]


@pytest.mark.parametrize("case", AGREE, ids=str)
def test_agreement(tree_run, case):
    result = tree_run[case]
    assert result.ok, result.rows
    assert result.word in {"identical", "equivalent"}
    assert result.message == ""


@pytest.mark.parametrize(("verdict", "name", "note", "case"), DIFFER, ids=ids)
def test_difference(tree_run, verdict, name, note, case):
    result = tree_run[case]
    assert not result.ok
    row = next(row for row in result.rows if row.name == name)
    assert row.verdict.value == verdict
    assert note in row.note


@pytest.mark.parametrize(("sentence", "case"), BREAK, ids=[case.id for _, case in BREAK])
def test_what_breaks_costs_one_case_and_says_why(tree_run, sentence, case):
    result = tree_run[case]
    assert result.word == "could-not-run"
    assert not result.ok
    assert sentence in result.message
    assert "\n" not in result.message
    assert [row.note for row in result.rows] == [result.message]


@pytest.mark.parametrize(("why", "case"), NOT_RUN, ids=[case.id for _, case in NOT_RUN])
def test_what_is_left_out_says_why(tree_run, why, case):
    result = tree_run[case]
    assert result.skipped
    assert result.ok
    assert result.word == "not run"
    assert why in result.message


def test_every_case_has_its_result_in_order(tree_run):
    assert [result.case.id for result in tree_run.run] == [case.id for case in CASES]
    assert {result.case.id for result in tree_run.delivered} == {case.id for case in CASES}
    assert sum(tree_run.run.totals.values()) == len(CASES)


def test_a_traceback_leads_to_the_line(tree_run):
    refuses = next(case for _, case in BREAK if case.target.endswith(":refuses"))
    assert "trees/twin/functions.py" in tree_run[refuses].where


def test_a_crash_leaves_its_stack_in_the_log(tree_run):
    log = (tree_run.run.out / ".cache/logs/keras.log").read_text()
    assert "functions.py" in log
    assert "in aborts" in log


def test_exit_codes(tree_run):
    def code(*cases):
        return replace(tree_run.run, results=tuple(tree_run[case] for case in cases)).exit_code

    differs, breaks = DIFFER[0][-1], BREAK[0][-1]
    assert code(*AGREE) == 0
    assert code(*AGREE, differs) == 1
    assert code(*AGREE, breaks) == 3
    assert code(differs, breaks) == 1
    assert code(*AGREE, NOT_RUN[0][-1]) == 0


def test_both_sides_say_where_and_with_what_they_were_made(tree_run):
    made = tree_run[AGREE[0]].made
    assert made["torch"]["framework"] == "torch"
    assert made["keras"]["backend"] == "tensorflow"
    for side in made.values():
        assert {"device", "threads", "flags", "numpy", "python", "seed"} <= set(side)


def test_an_executor_does_the_work(tmp_path):
    """As Dask's would: any object with `submit`, its workers elsewhere."""
    cases = [AGREE[0], DIFFER[0][-1], BREAK[0][-1]]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        found = run(cases=cases, out=tmp_path, executor=executor)
    assert [result.word for result in found] == ["equivalent", "different", "could-not-run"]
    assert BREAK[0][0] in found.results[2].message


def test_an_executor_that_fails_costs_the_case_only(tmp_path, in_process, monkeypatch):
    monkeypatch.setattr("parity.runner.record_side", lambda *arguments: 1 / 0)
    found = run(cases=AGREE[:2], out=tmp_path, executor=in_process)
    assert [result.word for result in found] == ["could-not-run"] * 2
    assert "the executor failed (ZeroDivisionError" in found.results[0].message


# What is kept


def test_a_second_run_records_nothing(tree_run, monkeypatch):
    monkeypatch.setattr("parity.runner.submitter", lambda *arguments: pytest.fail("a worker was started"))
    judged = [case for case in CASES if tree_run[case].word != "could-not-run"]
    again = run(cases=judged, out=tree_run.run.out)
    for result in again:
        assert result.cached or result.skipped
        assert result.rows == tree_run[result.case].rows
        assert result.made == tree_run[result.case].made


@pytest.fixture
def grove(tmp_path, monkeypatch):
    """A copy of the trees that a test may edit: (folder, three cases of two modules)."""
    shutil.copytree(HERE / "trees", tmp_path / "grove", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.syspath_prepend(tmp_path)
    cases = [*AGREE[:2], Case("functions:double", "larger", inputs={"x": array(5, 4)})]
    yield tmp_path / "grove", [replace(case, roots=("grove.reference", "grove.twin")) for case in cases]
    for name in [name for name in sys.modules if name.partition(".")[0] == "grove"]:
        del sys.modules[name]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    for name in [name for name in sys.modules if name.startswith("grove.")]:  # a worker would start afresh
        del sys.modules[name]
    sys.path_importer_cache.clear()
    shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)


def traces(out: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in out.glob(".cache/traces/*/*.safetensors")}


def test_a_changed_twin_redoes_exactly_its_cases(grove, tmp_path, in_process):
    folder, cases = grove
    first = run(cases=cases, out=tmp_path / "out", executor=in_process)
    assert first.ok, [(result.word, result.message) for result in first]
    before = traces(tmp_path / "out")
    edit(folder / "twin" / "constants.py", "1.5", "1.6")  # imported by affine.py, with a relative import
    second = run(cases=cases, out=tmp_path / "out", executor=in_process)
    assert [result.cached for result in second] == [False, True, True]
    assert [result.word for result in second] == ["different", "identical", "identical"]
    after = traces(tmp_path / "out")
    assert {path: after[path] for path in before} == before, "something was recorded again that had not changed"
    assert len(after) - len(before) == 2, "expected two new traces: the changed side in two precisions"


def test_a_changed_case_is_another_case(grove, tmp_path, in_process):
    _, (affine, double, _) = grove
    run(cases=[affine, double], out=tmp_path / "out", executor=in_process)
    again = run(cases=[replace(affine, seed=1), double], out=tmp_path / "out", executor=in_process)
    assert [result.cached for result in again] == [False, True]


def test_a_source_that_is_no_python_costs_its_cases_only(grove, tmp_path, in_process):
    folder, cases = grove
    edit(folder / "twin" / "affine.py", "def call(self, x):", "def call(self, x:")
    found = run(cases=cases, out=tmp_path / "out", executor=in_process)
    assert [result.word for result in found] == ["could-not-run", "identical", "identical"]
    assert "keras raised SyntaxError in float64" in found.results[0].message


@pytest.mark.parametrize("damage", ["cut", "edit"])
def test_a_damaged_trace_is_told_and_mended_by_the_next_run(grove, tmp_path, in_process, damage):
    cases, out = grove[1][:2], tmp_path / "out"
    run(cases=cases, out=out, executor=in_process)
    shutil.rmtree(out / ".cache" / "results")
    trace = next(path for path in out.glob(".cache/traces/*/float64.safetensors") if b"affine" in path.read_bytes())
    content = trace.read_bytes()
    trace.write_bytes(content[:-9] if damage == "cut" else content[:-1] + bytes([content[-1] ^ 1]))
    broken = run(cases=cases, out=out, executor=in_process)
    assert [result.word for result in broken] == ["could-not-run", "identical"]
    assert ("is truncated" if damage == "cut" else "its checksum does not fit") in broken.results[0].message
    assert run(cases=cases, out=out, executor=in_process).ok


@pytest.mark.parametrize("content", ["", "{", "{}", '{"rows": [{"odd": 1}]}', "[1]"])
def test_a_damaged_result_is_judged_again(grove, tmp_path, in_process, content):
    cases, out = grove[1][:1], tmp_path / "out"
    run(cases=cases, out=out, executor=in_process)
    for path in out.glob(".cache/results/*.json"):
        path.write_text(content)
    again = run(cases=cases, out=out, executor=in_process)
    assert again.ok
    assert not again.results[0].cached


def test_a_fault_of_the_judgement_costs_one_case(grove, tmp_path, in_process, monkeypatch):
    import parity.runner

    cases, right = grove[1], parity.runner.judge
    monkeypatch.setattr("parity.runner.judge", lambda case, *sides: right(case, *sides) if case.concept == "functions" else 1 / 0)
    found = run(cases=cases, out=tmp_path / "out", executor=in_process)
    assert [result.word for result in found] == ["could-not-run", "identical", "identical"]
    assert "comparing them raised ZeroDivisionError" in found.results[0].message


def test_a_killed_run_resumes(tmp_path):
    """kill -9 in the middle of a run: its workers end too, what was judged stands, and the next run goes on from there."""
    line = [sys.executable, "-m", "parity", "run", "optimizers.sgd", "--out", str(tmp_path)]
    started = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT, start_new_session=True)
    results = tmp_path / ".cache" / "results"
    deadline = time.monotonic() + 120
    while len(list(results.glob("*.json"))) < 3 and started.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert started.poll() is None, started.stderr.read().decode()
    os.kill(started.pid, signal.SIGKILL)
    started.wait()
    kept = {path.name: path.stat().st_mtime_ns for path in results.glob("*.json")}
    recorded = traces(tmp_path)
    assert len(kept) >= 3
    while alive_in_session(started.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive_in_session(started.pid), "workers outlived the run that was killed"
    done = subprocess.run(line, capture_output=True, text=True, cwd=ROOT, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    after = {path.name: path.stat().st_mtime_ns for path in results.glob("*.json")}
    assert len(after) > len(kept)
    assert {name: after[name] for name in kept} == kept
    again = traces(tmp_path)
    assert {path: again[path] for path in recorded} == recorded


def alive_in_session(session: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, number = path.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(number) == session and state != "Z":
            found.append(int(path.parent.name))
    return found


# What cannot be asked for


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"device": "tpu"}, "Unknown device 'tpu'; expected cpu or cuda."),
        ({"backend": "mxnet"}, "Unknown Keras backend 'mxnet'; expected tensorflow, jax or torch."),
        ({"patterns": ["functions:dubble"]}, "No case fits 'functions:dubble'; nearest: functions:double"),
        ({"patterns": ["zzz"]}, "No case fits 'zzz'; areas: affine, functions"),
        ({"out": "/proc/nowhere"}, "Cannot write to /proc/nowhere"),
    ],
)
def test_a_request_that_makes_no_sense(tmp_path, words, sentence):
    with pytest.raises(ParityUsageError) as error:
        run(**{"out": tmp_path, "cases": CASES, **words})
    assert sentence in str(error.value)
    assert error.value.exit_code == 2


def test_a_file_where_a_directory_should_be(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ParityUsageError, match=r"Cannot write to .*file .*choose a writable directory with --out"):
        run(cases=AGREE, out=tmp_path / "file")


def test_a_device_that_is_not_there(tmp_path):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises(CannotRunError, match="sees no GPU here; use --device cpu"):
        run(cases=AGREE, out=tmp_path, device="cuda")


def test_results_are_json(tree_run):
    for path in (tree_run.run.out / ".cache" / "results").glob("*.json"):
        json.loads(path.read_text())
