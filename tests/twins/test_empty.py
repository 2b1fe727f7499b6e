"""A batch without examples: where PyTorch takes it, so does the twin, with the same shapes, gradients and buffers."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from parity.case import Case, Draw, Input
from parity.recording import record_case

from .samples import cases, leaves, public, richest

pytestmark = [pytest.mark.xdist_group("twins"), pytest.mark.filterwarnings("ignore")]
TIME_FIRST = {"layers.rnn", "layers.lstm", "layers.gru", "layers.multihead_attention", "layers.transformer"}
MEMORY = "PyTorch's mean of nothing is what happens to be in memory; here it is NaN, as that of every other loss: docs/upstream/torch_margin_empty.md"
DIFFERENT = {  # target: what PyTorch answers instead
    "layers.shuffle:PixelUnshuffle": "PyTorch returns an empty batch as it is, of the shape that came in: docs/upstream/torch_pixel_unshuffle_empty.md",
    "losses.multi_margin:MultiMarginLoss": MEMORY,
    "losses.multi_margin:MultiLabelMarginLoss": MEMORY,
}


def emptied(case: Case) -> Case:
    """The same with no example in any input."""
    axis = int(case.concept in TIME_FIRST and not case.config.get("batch_first") and not case.target.endswith("Cell"))

    def empty(value: Input) -> Input:
        if not isinstance(value, Draw):
            return None if value is None else tuple(map(empty, value))
        if value.kind == "values":
            array = np.asarray(value.values)
            return replace(value, values=np.take(array, [], axis=min(axis, array.ndim - 1)) if array.ndim else array)
        sizes = list(value.shape)
        if sizes:
            sizes[min(axis, len(sizes) - 1)] = 0
        return replace(value, shape=tuple(sizes), edges=())

    return replace(case, inputs={name: empty(value) for name, value in case.inputs.items()}, steps=0, known={})


def batched(case: Case) -> bool:
    return all(draw.kind != "values" or np.ndim(draw.values) for draw in leaves(list(case.inputs.values())))


TWINS = public("layers", "activations", of=keras.layers.Layer) + public("losses", of=keras.losses.Loss)
CASES = [emptied(richest(target)) for target in TWINS if cases(target) and batched(richest(target))]


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_empty_batch(case):
    try:
        expected = record_case(case, "torch", "float32")
    except Exception:
        return  # PyTorch refuses it: nothing is promised
    actual = {record.key: record.array for record in record_case(case, "keras", "float32")}
    assert set(actual) == {record.key for record in expected}
    if case.target in DIFFERENT:
        if DIFFERENT[case.target] != MEMORY:  # which may hold NaN by chance: the program in docs/upstream says when it is gone
            assert any(differ(actual[record.key], record.array) for record in expected), "no longer: take it off the table"
        return
    for record in expected:
        assert not differ(actual[record.key], record.array), record.key


def differ(actual: np.ndarray, expected: np.ndarray) -> bool:
    return actual.shape != expected.shape or not np.allclose(actual, expected, rtol=1e-5, atol=1e-6, equal_nan=True)
