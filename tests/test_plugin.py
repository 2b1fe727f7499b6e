"""The pytest plugin: cases as tests, one run for all, failures a person can read, nothing paid where it is not used."""

import shutil
import subprocess
import sys

import pytest
from trees.cases import BREAK, CASES, DIFFER

from parity.errors import CannotRunError
from parity.pytest_plugin import told

pytest_plugins = ["pytester"]


@pytest.fixture
def tree_cases(monkeypatch):
    monkeypatch.setattr("parity.discovery.all_cases", lambda: tuple(CASES))


@pytest.fixture
def report(tree_run, tmp_path):
    """A report directory whose cases were recorded before, so that no worker has to start."""
    shutil.copytree(tree_run.run.out / ".cache", tmp_path / "report" / ".cache")
    return tmp_path / "report"


def test_cases_are_items(pytester, tree_cases):
    found = pytester.runpytest("--parity", "affine", "--parity", "functions:double", "--collect-only", "-q")
    assert [line for line in found.outlines if "::" in line] == [
        "parity::affine:Affine[default]",
        "parity::functions:double[default]",
        "parity::functions:double[declared]",
        "parity::functions:double[empty]",
        "parity::functions:double[zeros]",
        "parity::functions:double[elsewhere]",
        "parity::functions:double[no-data]",
    ]


def test_outcomes_and_report(pytester, tree_cases, report):
    pytester.makepyfile("def test_mine(): pass")
    found = pytester.runpytest("--parity", "affine", "--parity", "functions:double", "--parity", "functions:by_another_constant", f"--parity-report={report}")
    found.assert_outcomes(passed=3, failed=4, skipped=2)
    found.stdout.fnmatch_lines(["collected 9 items"])
    found.stdout.fnmatch_lines(
        [
            "functions:by_another_constant*: different",
            "  different  output output  difference *e-03*, of *; own float32 error: torch *, Keras *",
            "  different  input_grad x  *",
            f"*parity report: {report}/index.html*",
        ]
    )
    found.stdout.no_fnmatch_line("*Traceback*")
    assert "by_another_constant" in (report / "index.html").read_text()


def test_markers_and_keywords_choose(pytester, tree_cases, report, monkeypatch):
    import parity.runner

    asked, real = [], parity.runner.run
    monkeypatch.setattr("parity.runner.run", lambda **words: asked.append([case.id for case in words["cases"]]) or real(**words))
    pytester.makepyfile("def test_mine(): pass")
    words = ("--parity", "functions:double", f"--parity-report={report}")
    pytester.runpytest(*words, "-m", "parity", "-k", "declared or default").assert_outcomes(passed=1, failed=1, deselected=5)
    assert asked == [["functions:double[default]", "functions:double[declared]"]], "expected one run of the chosen cases"
    pytester.runpytest(*words, "-m", "not parity").assert_outcomes(passed=1, deselected=6)
    assert len(asked) == 1


def test_a_missing_framework_fails_every_item_in_one_sentence(pytester, tree_cases, monkeypatch):
    asked = []

    def run(**words):
        asked.append(words)
        raise CannotRunError("Not installed here: keras; install with `pip install keras`.")

    monkeypatch.setattr("parity.runner.run", run)
    found = pytester.runpytest("--parity", "functions:double[default]", "--parity", "affine")
    found.assert_outcomes(failed=2)
    found.stdout.fnmatch_lines(["Not installed here: keras; install with `pip install keras`."])
    found.stdout.no_fnmatch_line("*Traceback*")
    assert len(asked) == 1


def test_a_usage_error(pytester, tree_cases):
    found = pytester.runpytest("--parity", "functions:dubble")
    assert found.ret == pytest.ExitCode.USAGE_ERROR
    found.stderr.fnmatch_lines(["*No case fits 'functions:dubble'; nearest: functions:double*"])


PORT = """
import keras, numpy as np, torch
from torch import nn

X = np.random.default_rng(0).standard_normal((4, 6)).astype("float32")

def build_torch():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 5), nn.GELU())

def build_keras(approximate):
    return keras.Sequential([keras.layers.Dense(5), keras.layers.Lambda(lambda x: keras.ops.gelu(x, approximate=approximate))])

def test_right(assert_parity):
    assert assert_parity(build_torch, lambda: build_keras(False), X).ok

def test_wrong(assert_parity):
    assert_parity(build_torch, lambda: build_keras(True), X)
"""


def test_the_fixture_fails_with_the_report_and_writes_pages(pytester):
    """Without --parity too: the fixture needs no collected case."""
    pytester.makepyfile(PORT)
    found = pytester.runpytest("--parity-report", "pages", "--tb=short")
    found.assert_outcomes(passed=1, failed=1)
    found.stdout.fnmatch_lines(["*ParityError: The models differ: different*", "*Linear*", "*Findings*", "*1. 1*", "*fix:*"])
    assert sorted(file.name for file in (pytester.path / "pages").iterdir()) == ["test_right.html", "test_wrong.html"]
    assert "The models agree" in (pytester.path / "pages" / "test_right.html").read_text()


def test_the_fixture_writes_nothing_unasked(pytester):
    pytester.makepyfile(PORT)
    pytester.runpytest("-k", "right").assert_outcomes(passed=1, deselected=1)
    assert [path.name for path in pytester.path.rglob("*.html")] == []


def test_without_a_report_the_recordings_go_into_pytests_cache(pytester, tree_cases, monkeypatch, tree_run):
    places = []
    monkeypatch.setattr("parity.runner.run", lambda **words: places.append(words["out"]) or tree_run.run)
    pytester.runpytest("--parity", "affine").assert_outcomes(passed=1)
    assert places == [pytester.path / ".pytest_cache" / "d" / "parity"]


def test_what_broke_is_told_with_its_traceback(tree_run):
    case = BREAK[0][-1]
    text = told(tree_run[case])
    assert text.startswith(f"{case.id}: could-not-run\nkeras raised ValueError in float64: the twin refuses")
    assert "trees/twin/functions.py" in text


def test_a_note_is_told(tree_run):
    case = next(case for verdict, _, _, case in DIFFER if verdict == "dtype")
    assert "  dtype  output output  torch gives bool and bool, Keras float64 and float32" in told(tree_run[case])


def test_an_unused_plugin_imports_nothing():
    code = "import sys, pytest; before = set(sys.modules); import parity.pytest_plugin; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ours = {name for name in done.stdout.split() if not name.startswith("__editable__")}
    assert ours == {"parity", "parity.pytest_plugin"}, "the plugin is loaded by every pytest of the environment"
