"""The command line: what it prints, its exit codes (0 agree, 1 differs, 2 usage, 3 could not run), and one sentence for every mistake."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import command
from trees.cases import CASES

from parity import cli
from parity.trace import Trace

CASE = "layers.linear:Linear[default]"
FOLDER = "layers.linear_Linear_default"


@pytest.fixture
def parity(monkeypatch, capsys):
    """`parity("list", "layers")` in this process: (exit code, standard output, standard error)."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["parity", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code or 0, *capsys.readouterr()

    monkeypatch.setenv("COLUMNS", "200")
    return call


@pytest.fixture
def tree_cases(monkeypatch):
    """The command line over the cases of `trees`."""
    monkeypatch.setattr("parity.discovery.all_cases", lambda: tuple(CASES))


def test_list(parity):
    code, out, _ = parity("list", "layers.linear")
    assert code == 0
    assert CASE in out.splitlines()
    assert all(line.startswith("layers.linear:") for line in out.splitlines())


def test_help_names_every_command(parity):
    code, out, _ = parity("--help")
    assert code == 0
    for name in ("run", "list", "record", "compare", "guide", "report", "doctor"):
        assert re.search(rf"\b{name}\b", out)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["list", "layers.lineer"], "No case fits 'layers.lineer'; nearest: layers.linear"),
        (["run", "nowhere.at.all"], "`parity list` shows all."),
        (["run", "layers", "--device", "tpu"], "Unknown device 'tpu'; expected cpu or cuda."),
        (["run", "layers", "--backend", "mxnet"], "Unknown Keras backend 'mxnet'; expected tensorflow, jax or torch."),
        (["run", "layers", "--out", "/proc/nowhere"], "Cannot write to /proc/nowhere (No such file or directory); choose a writable directory with --out."),
        (["record", "layers", "--framework", "jax", "--out", "x"], "Unknown framework 'jax'; expected torch or keras."),
        (["compare", "/nowhere", "/nowhere"], "/nowhere is not a directory; give two directories that `parity record --out` wrote."),
        (["report", "/nowhere"], "No report at /nowhere/report.json; write one with `parity run --out /nowhere`."),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(parity, arguments, sentence):
    code, _, err = parity(*arguments)
    assert code == 2
    assert sentence in err
    assert err.startswith("parity: ")
    assert err.count("\n") == 1


def test_an_unknown_option_is_a_usage_error(parity):
    assert parity("run", "--nonsense")[0] == 2


def test_run_agrees(parity, tree_cases, tree_run):
    code, out, _ = parity("run", "functions:double[default]", "affine", "--out", tree_run.run.out)
    assert code == 0
    assert "2 of 2 cases agree" in out
    assert f"{tree_run.run.out}/index.html" in out.replace("\n", "")
    assert (tree_run.run.out / "index.html").is_file()


def test_run_differs(parity, tree_cases, tree_run):
    code, out, err = parity("run", "functions:double[default]", "functions:by_another_constant", "--out", tree_run.run.out)
    assert code == 1
    assert "1 of 2 cases agree" in out
    assert "different functions:by_another_constant[default]" in err  # the progress says so as it goes


def test_report_again(parity, tree_cases, tree_run, tmp_path):
    parity("run", "functions:by_another_constant", "--out", tree_run.run.out)
    shutil.copy(tree_run.run.out / "report.json", tmp_path)
    code, out, _ = parity("report", tmp_path)
    assert code == 1
    assert "0 of 1 case agree" in out
    assert (tmp_path / "report.csv").read_text() == (tree_run.run.out / "report.csv").read_text()
    assert "by_another_constant" in (tmp_path / "index.html").read_text()


def test_an_interrupted_run_says_that_nothing_is_lost(parity, monkeypatch):
    def interrupted(*arguments, **words):
        raise KeyboardInterrupt

    monkeypatch.setattr("parity.discovery.select", interrupted)
    assert parity("list") == (130, "", "Stopped; what was done is kept, the next run goes on from there.\n")


def test_doctor():
    done = command("doctor")
    assert done.returncode == 0, done.stderr
    for word in ("torch", "keras", "tensorflow", "threads", "CUDA", "tf32", "optional: pip install 'torch-keras-parity[dask]'"):
        assert word in done.stdout
    assert done.stderr == ""


# Record here, compare there


@pytest.fixture(scope="session")
def machines(without):
    """One machine has only torch, one only Keras on TensorFlow, one neither."""
    return {"torch": without("keras", "tensorflow"), "keras": without("torch"), "neither": without("torch", "keras", "tensorflow")}


@pytest.fixture(scope="session")
def recorded(machines, tmp_path_factory):
    """Both sides of two cases, each recorded where the other framework is not installed."""
    folder = tmp_path_factory.mktemp("recorded")
    for side in ("torch", "keras"):
        done = machines[side]("record", "layers.linear:Linear[default]", "layers.flatten:Flatten[image]", "--framework", side, "--out", folder / side)
        assert done.returncode == 0, done.stderr
        assert "2 of 2 cases recorded" in done.stdout
    return folder


@pytest.fixture
def sides(recorded, tmp_path):
    """A copy of both sides that a test may damage."""
    shutil.copytree(recorded, tmp_path / "sides")
    return tmp_path / "sides" / "torch", tmp_path / "sides" / "keras"


def test_compare_needs_neither_framework(machines, recorded, tmp_path):
    done = machines["neither"]("compare", recorded / "torch", recorded / "keras", "--out", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 of 2 cases agree" in done.stdout
    made = json.loads((tmp_path / "report.json").read_text())["made"]
    assert made["torch"]["framework"] == "torch"
    assert made["keras"]["framework"] == "keras"


@pytest.mark.parametrize(
    ("machine", "arguments", "sentence"),
    [
        ("torch", ["run", "layers.linear"], "Not installed here: keras, tensorflow; install with `pip install keras tensorflow`"),
        ("torch", ["record", "layers.linear", "--framework", "keras"], "Not installed here: keras, tensorflow"),
        ("keras", ["run", "layers.linear"], "Not installed here: torch; install with `pip install torch`"),
        ("neither", ["record", "layers.linear", "--framework", "torch"], "Not installed here: torch"),
    ],
)
def test_a_missing_framework_is_one_sentence_and_exit_code_3(machines, tmp_path, machine, arguments, sentence):
    done = machines[machine](*arguments, "--out", tmp_path)
    assert done.returncode == 3
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


def test_doctor_says_what_is_missing(machines):
    done = machines["neither"]("doctor")
    assert done.returncode == 3
    assert "pip install torch" in done.stdout
    assert "pip install keras" in done.stdout


def altered(folder: Path, change: Callable[[Trace], Trace]) -> None:
    for path in folder.glob("*.safetensors"):
        change(Trace.load(path)).save(path)


def test_compare_tells_a_difference(parity, sides, tmp_path):
    def wrong(trace):
        return replace(trace, records=tuple(replace(r, array=r.array * 1.001) if r.role == "output" else r for r in trace))

    altered(sides[1] / FOLDER, wrong)
    code, out, _ = parity("compare", *sides, "--out", tmp_path / "out")
    assert code == 1
    assert "1 of 2 cases agree" in out
    entry = next(entry for entry in json.loads((tmp_path / "out" / "report.json").read_text())["cases"] if entry["id"] == CASE)
    assert {row["name"]: row["verdict"] for row in entry["rows"] if row["failing"]} == {"output": "different"}


def test_traces_of_other_draws_are_not_compared(parity, sides, tmp_path):
    altered(sides[1] / FOLDER, lambda trace: replace(trace, made={**trace.made, "seed": 1}))
    assert parity("compare", *sides, "--out", tmp_path / "out")[0] == 3
    assert "the traces were made from different seeds (0, 1)" in (tmp_path / "out" / "report.json").read_text()


def test_compare_works_both_ways_and_with_itself(parity, recorded, tmp_path):
    assert parity("compare", recorded / "keras", recorded / "torch", "--out", tmp_path)[0] == 0
    assert parity("compare", recorded / "torch", recorded / "torch", "--out", tmp_path)[0] == 0


def _cut(path):
    path.write_bytes(path.read_bytes()[:-5])


def _edit(path):
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def _rename(path):
    shutil.copy(path.parents[1] / "layers.flatten_Flatten_image" / path.name, path)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (_cut, "is truncated or not a trace"),
        (_edit, "was changed after it was written: its checksum does not fit; record it again."),
        (lambda path: path.write_bytes(b""), "is truncated or not a trace"),
        (lambda path: path.unlink(), f"{CASE}: the float32 trace is missing on one side; record it with `parity record`."),
        (lambda path: shutil.rmtree(path.parent), f"{CASE} was not recorded in"),
        (_rename, f"Expected traces of {CASE}, got one of layers.flatten:Flatten[image]; compare traces of one case."),
    ],
    ids=["cut", "edited", "empty", "one-missing", "all-missing", "of-another-case"],
)
@pytest.mark.parametrize("side", [0, 1])
def test_a_damaged_trace_costs_its_case_only(parity, sides, tmp_path, side, damage, sentence):
    damage(sides[side] / FOLDER / "float32.safetensors")
    code, out, _ = parity("compare", *sides, "--out", tmp_path / "out")
    assert code == 3
    assert "1 of 2 cases agree" in out
    told = {entry["id"]: entry["message"] for entry in json.loads((tmp_path / "out" / "report.json").read_text())["cases"]}
    assert sentence in told[CASE]
    assert "\n" not in told[CASE]
    assert told["layers.flatten:Flatten[image]"] == ""


def test_traces_of_no_known_case(parity, sides, tmp_path):
    shutil.copytree(sides[0] / FOLDER, sides[0] / "layers.nonesuch_X_default")
    code, _, err = parity("compare", *sides, "--out", tmp_path / "out")
    assert code == 2
    assert "Traces of cases that this version does not have: layers.nonesuch_X_default" in err


def test_a_directory_without_traces(parity, sides, tmp_path):
    (tmp_path / "empty").mkdir()
    code, _, err = parity("compare", sides[0], tmp_path / "empty", "--out", tmp_path / "out")
    assert code == 2
    assert "empty holds no traces; write them with `parity record PATTERN --framework torch --out" in err
