"""Torch's weights in somebody else's Keras model, the map of layers that is written and read, and `parity check` as a command."""

import os
import subprocess
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import torch
from conftest import ROOT, command
from test_check import IMAGES, L, keras_cnn, torch_cnn, torch_mlp

import parity
from parity.errors import ParityUsageError
from parity.weight_map import read_map


def test_transfer_fills_all_or_says_what_is_left_and_moves_nothing():
    theirs, mine = torch_cnn(), keras_cnn()
    mine.build((None, 9, 11, 3))
    found = parity.transfer_weights(theirs, mine, inputs=IMAGES)
    assert set(found) == {"0", "1", "4"}
    with torch.no_grad():
        expected = theirs(torch.from_numpy(IMAGES)).numpy()
    np.testing.assert_allclose(mine(IMAGES.transpose(0, 2, 3, 1), training=False).numpy(), expected, rtol=1e-4, atol=1e-5)

    small = keras.Sequential([L.Input((6,)), L.Dense(5), L.Dense(4)])
    before = [array.copy() for array in small.get_weights()]
    with pytest.raises(ParityUsageError, match=r"2\.weight|2 ") as raised:
        parity.transfer_weights(torch_mlp(), small)
    assert "mapping" in str(raised.value)
    assert all(np.array_equal(a, b) for a, b in zip(before, small.get_weights(), strict=True))


MODULE = """
import keras, numpy as np, torch
from torch import nn
def build_torch():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3))
def right():
    return keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(5, "tanh", name="hidden"), keras.layers.Dense(3, name="last")])
def wrong():
    return keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(5, "relu", name="hidden"), keras.layers.Dense(3, name="last")])
def raises():
    raise RuntimeError("no weights on this machine")
"""


def test_the_command_ends_with_0_or_1_and_writes_its_files(tmp_path):
    (tmp_path / "ports.py").write_text(MODULE)
    path = f"{ROOT}{os.pathsep}{tmp_path}"
    words = ("check", "ports:build_torch", "ports:wrong", "--inputs", "array(4,6)", "--out", tmp_path / "out")
    done = command(*words, path=path)
    assert done.returncode == 1, done.stderr
    assert "The models differ" in done.stdout and "Traceback" not in done.stderr
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"check.html", "check.md", "check.json", "check.csv"}


def test_the_commands_other_exits_and_the_written_map(tmp_path, monkeypatch):
    import typer.testing

    from parity import cli

    (tmp_path / "ported.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    runner = typer.testing.CliRunner()

    def ended(*words):
        done = runner.invoke(cli.app, ["check", *map(str, words)])
        return (
            done.exit_code if done.exception is None or isinstance(done.exception, SystemExit) else getattr(done.exception, "exit_code", repr(done.exception))
        )

    written = tmp_path / "map.yaml"
    assert ended("ported:build_torch", "ported:right", "--inputs", "array(4,6)", "--write-map", written) == 0
    assert read_map(written) == {"0": "hidden", "2": "last"}
    assert ended("ported:build_torch", "ported:right", "--inputs", "array(4,6)", "--weights", written) == 0
    assert ended("ported:build_torch", "ported:wrogn", "--inputs", "array(4,6)") == 2
    assert ended("ported:build_torch", "ported:right", "--inputs", "picture(4,6)") == 2
    assert ended("ported:build_torch", "ported:raises", "--inputs", "array(4,6)") == 3


@pytest.mark.parametrize("first", ["parity.check", "parity.weight_map", "parity.pytest_plugin"])
def test_the_functions_stay_what_they_are_whatever_was_imported_before(first):
    code = f"import {first}, parity, parity.check, parity.weight_map; print(callable(parity.check), callable(parity.weight_map))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split() == ["True", "True"]
