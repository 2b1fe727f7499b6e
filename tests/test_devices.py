"""Framework × device: recordings made in processes of their own, told apart by framework, device and flags, and judged along both lines."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from conftest import ROOT

from parity.devices import compare_devices, setting, write_devices
from parity.discovery import all_cases, select
from parity.errors import ParityUsageError
from parity.trace import Trace

PATTERNS = ("layers.linear", "activations.tanh")
RECORD = """
import sys
from parity.judging import MOVED, plan
from parity.exchange import folder_name
from parity.discovery import select
from parity.worker import record_side
framework, threads, out, *patterns = sys.argv[1:]
for case in select(patterns):
    specs = plan(case, framework) + ((MOVED,) if framework == "torch" else ())
    done = record_side(case, framework, specs, f"{out}/{folder_name(case)}", "cpu", int(threads))
    assert not done.failure, done.failure
"""


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """PyTorch in two processes, one with another number of threads, and Keras in a third."""
    folder = tmp_path_factory.mktemp("recorded")
    kinds = {"torch": ("torch", 1), "torch-again": ("torch", 2), "keras": ("keras", 1)}
    running = [
        subprocess.Popen([sys.executable, "-c", RECORD, framework, str(threads), str(folder / name), *PATTERNS], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for name, (framework, threads) in kinds.items()
    ]
    for process in running:
        words = process.communicate(timeout=120)[1]
        assert process.returncode == 0, words
    return folder


def elsewhere(folder, target, *, device="cuda", flags=(), change=lambda record, dtype: record):
    """The recordings of a folder as if they came from another device."""
    shutil.copytree(folder, target)
    for path in target.glob("*/*.safetensors"):
        trace = Trace.load(path)
        made = {**trace.made, "device": device, "flags": {**trace.made["flags"], **dict(flags)}}
        replace(trace, made=made, records=tuple(change(record, trace.dtype) for record in trace)).save(path)
    return target


def less_precise(record, dtype):
    """What TF32 does to float32: about ten bits of mantissa."""
    if dtype != "float32" or record.array is None or record.role == "weight":
        return record
    return replace(record, array=(record.array * np.float32(1 + 2.0**-11)).astype(np.float32))


def wrong(record, dtype):
    return replace(record, array=record.array * 1.5) if record.role == "output" and record.array is not None and record.array.dtype.kind == "f" else record


def test_two_processes_on_one_device(recordings, tmp_path):
    found = compare_devices([recordings / "torch", recordings / "torch-again"], out=tmp_path)
    assert [effect.name for effect in found.effects] == ["device, PyTorch, cpu → cpu (2)"]
    assert found.totals == {"nothing": len(select(PATTERNS))}
    assert found.exit_code == 0


def test_framework_and_device_are_told_apart(recordings, tmp_path):
    sides = [
        recordings / "torch",
        recordings / "keras",
        elsewhere(recordings / "torch", tmp_path / "torch-cuda"),
        elsewhere(recordings / "keras", tmp_path / "keras-cuda", change=wrong),
    ]
    found = compare_devices(sides, out=tmp_path)
    assert [effect.name for effect in found.effects] == [
        "framework, on cpu",
        "framework, on cuda",
        "device, PyTorch, cpu → cuda",
        "device, Keras, cpu → cuda",
    ]
    line = found.lines[0]
    assert [result.word for result in line.results] == ["equivalent", "different", "identical", "different"]
    assert line.due_to == "both"  # on cuda the frameworks part, and so does Keras from itself
    assert found.exit_code == 1


def test_tf32_is_what_the_device_changes(recordings, tmp_path):
    fast = elsewhere(recordings / "torch", tmp_path / "fast", flags={"tf32_matmul": True}, change=less_precise)
    exact = elsewhere(recordings / "torch", tmp_path / "exact")
    found = compare_devices([exact, fast, recordings / "torch"], out=tmp_path)
    words = dict(zip([effect.name for effect in found.effects], [result.word for result in found.lines[0].results], strict=True))
    assert words == {
        "device, PyTorch, cuda → cuda with TF32": "imprecise",
        "device, PyTorch, cuda → cpu": "identical",
        "device, PyTorch, cuda with TF32 → cpu": "equivalent",
    }
    assert found.lines[0].due_to == "the device"


def test_the_files(recordings, tmp_path):
    found = compare_devices([recordings / "torch", recordings / "keras", recordings / "torch-again"], out=tmp_path / "out")
    written = {path.name: path.read_text() for path in write_devices(found)}
    assert set(written) == {"devices.html", "devices.md", "devices.csv", "devices.json"}
    data = json.loads(written["devices.json"])
    assert [side["label"] for side in data["sides"]] == ["PyTorch, cpu", "Keras, cpu", "PyTorch, cpu (2)"]
    assert len(data["rows"]) == 2 * len(select(PATTERNS))
    assert {row["effect"] for row in data["rows"]} == {"framework, on cpu", "device, PyTorch, cpu → cpu (2)"}
    for case in select(PATTERNS):
        assert case.id in written["devices.html"]
        assert case.id in written["devices.md"]
    assert "onednn" in written["devices.html"], "flags are told"


def test_flags_stand_in_every_trace(recordings):
    for side, flags in (
        ("torch", {"tf32_matmul", "tf32_convolution", "cudnn_deterministic", "cudnn_benchmark", "deterministic_algorithms", "onednn"}),
        ("keras", {"tf32", "op_determinism", "onednn"}),
    ):
        for path in (recordings / side).glob("*/*.safetensors"):
            made = Trace.load(path).made
            assert flags == set(made["flags"])
            assert made["flags"].get("tf32", made["flags"].get("tf32_matmul")) is False
            assert made["device"] == "cpu"


def test_settings():
    assert setting({"device": "cpu", "flags": {"tf32": True}}) == "cpu"  # it says nothing there
    assert setting({"device": "cuda:0", "flags": {"tf32": False, "tf32_matmul": False}}) == "cuda"
    assert setting({"device": "cuda", "flags": {"tf32_convolution": True}}) == "cuda with TF32"


def test_declared_differences_belong_to_the_framework(recordings, tmp_path):
    """A known difference does not occur between two devices of one framework, and that is no failure."""
    cases = [replace(case, known={"output:*": "declared"}) for case in all_cases() if case.concept in PATTERNS]
    found = compare_devices([recordings / "torch", recordings / "torch-again"], out=tmp_path, cases=cases)
    assert found.exit_code == 0


def test_mistakes_are_told(recordings, tmp_path):
    with pytest.raises(ParityUsageError, match="is not a directory"):
        compare_devices([recordings / "torch", tmp_path / "nowhere"], out=tmp_path)
    with pytest.raises(ParityUsageError, match="holds no traces"):
        compare_devices([recordings / "torch", tmp_path], out=tmp_path)
    other = elsewhere(recordings / "keras", tmp_path / "keras-cuda")
    with pytest.raises(ParityUsageError, match="No two of these recordings differ in one thing only"):
        compare_devices([recordings / "torch", other], out=tmp_path)
    shutil.copytree(next((recordings / "keras").iterdir()), other / "more")
    with pytest.raises(ParityUsageError, match="traces of several kinds"):
        compare_devices([recordings / "torch", other], out=tmp_path)
