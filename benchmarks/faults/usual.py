"""What people check a port with today, on the same cases: outputs in evaluation mode and float32, with torch's weights copied by hand."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import keras
import numpy as np
import torch
from torch._dynamo.utils import same

from benchmarks.faults.measuring import channels_first, leaves, wide
from benchmarks.faults.port import Port
from benchmarks.faults.weights import at, copy_weights

LAYER_TOLERANCE = 1e-4
MEANS = 1e-4
COSINE = 0.99


def missed_by(planted: Port) -> dict[str, bool]:
    """{way of checking: whether it calls the two models equal}. What raises has been seen: nobody overlooks an exception."""
    state = _state(planted.build_torch)
    try:
        expected, layers = _torch(planted, planted.inputs(), "float32")
        exact, _ = _torch(planted, planted.inputs(), "float64")
        actual, keras_layers = _keras(planted, state)
        actual = [channels_first(array, expected[i].shape) for i, array in enumerate(actual)]
    except Exception:
        return dict.fromkeys(WAYS, False)
    if [array.shape for array in expected] != [array.shape for array in actual]:
        return dict.fromkeys(WAYS, False)
    found = {name: all(way(t, k) for t, k in zip(expected, actual, strict=True)) for name, way in _PAIRWISE.items()}
    found["torch-dynamo"] = all(_dynamo(*arrays) for arrays in zip(expected, actual, exact, strict=True))
    found["all-ones input"] = _on_ones(planted, state)
    found["per-layer allclose 1e-4"] = found["allclose 1e-4"] and _layers_agree(layers, keras_layers)
    return found


def _close(tolerance: float) -> Any:
    return lambda t, k: bool(np.allclose(k, t, rtol=tolerance, atol=tolerance, equal_nan=True))


def _assert_close(t: np.ndarray, k: np.ndarray) -> bool:
    try:
        torch.testing.assert_close(torch.tensor(k), torch.tensor(t), equal_nan=True, check_dtype=False)
    except AssertionError:
        return False
    return True


def _means(t: np.ndarray, k: np.ndarray) -> bool:
    return abs(float(np.mean(t)) - float(np.mean(k))) <= MEANS


def _cosine(t: np.ndarray, k: np.ndarray) -> bool:
    t, k = np.ravel(t).astype("float64"), np.ravel(k).astype("float64")
    size = float(np.linalg.norm(t) * np.linalg.norm(k))
    return float(t @ k) > COSINE * size if size else bool(np.array_equal(t, k))


def _dynamo(t: np.ndarray, k: np.ndarray, exact: np.ndarray) -> bool:
    """torch._dynamo.utils.same as it stands: allclose at 1e-4, else an error against float64 of at most a few times torch's own."""
    if t.dtype.kind != "f":
        return bool(np.array_equal(t, k))
    return bool(same(torch.tensor(t), torch.tensor(k), torch.tensor(exact), tol=1e-4, exact_dtype=False, log_error=lambda *_: None))


_PAIRWISE = {
    "allclose 1e-3": _close(1e-3),
    "allclose 1e-4": _close(1e-4),
    "allclose 1e-5": _close(1e-5),
    "assert_close": _assert_close,
    "means 1e-4": _means,
    "cosine > 0.99": _cosine,
}
WAYS = (*_PAIRWISE, "torch-dynamo", "all-ones input", "per-layer allclose 1e-4")


def _on_ones(planted: Port, state: dict[str, np.ndarray]) -> bool:
    ones = replace(planted, inputs=lambda: wide(planted.inputs(), np.ones_like, "float32"))
    try:
        expected, _ = _torch(ones, ones.inputs(), "float32")
        actual, _ = _keras(ones, state)
    except Exception:
        return False
    return all(_close(1e-4)(t, channels_first(k, t.shape)) for t, k in zip(expected, actual, strict=True))


def _layers_agree(expected: Mapping[str, np.ndarray], actual: Mapping[str, np.ndarray]) -> bool:
    """Layers whose outputs have one shape on both sides; the others nobody can compare without thought."""
    for path in expected.keys() & actual.keys():
        found = channels_first(actual[path], expected[path].shape)
        if found.shape == expected[path].shape and not _close(LAYER_TOLERANCE)(expected[path], found):
            return False
    return True


@cache
def _state(build: Any) -> dict[str, np.ndarray]:
    return {name: tensor.detach().numpy().copy() for name, tensor in build().state_dict().items()}


def _torch(port: Port, inputs: Any, dtype: str) -> tuple[list[np.ndarray], dict[str, np.ndarray]]:
    model = port.build_torch().to(getattr(torch, dtype)).eval()
    seen: dict[str, np.ndarray] = {}
    for path, target in port.layers.items():
        if not isinstance(target, list) and path in dict(model.named_modules()):
            model.get_submodule(path).register_forward_hook(lambda _m, _i, out, path=path: _keep(seen, path, out))
    given = wide(inputs, torch.from_numpy, dtype)
    with torch.no_grad():
        found = model(**given) if isinstance(given, Mapping) else model(*given) if isinstance(given, tuple) else model(given)
    return [tensor.numpy() for tensor in leaves(found)], seen


def _keras(planted: Port, state: dict[str, np.ndarray]) -> tuple[list[np.ndarray], dict[str, np.ndarray]]:
    model = planted.build_keras()
    given = wide(planted.for_keras(), keras.ops.convert_to_tensor, "float32")
    model(given, training=False)
    if planted.load is not None:
        planted.load(planted.build_torch(), model)
    elif planted.weights == "transfer":
        copy_weights(planted.build_torch(), model, planted.layers, lambda _: state)
    seen: dict[str, np.ndarray] = {}
    for path, target in planted.layers.items():
        layer = None if isinstance(target, list) else at(model, target[0] if isinstance(target, tuple) else target)
        if isinstance(layer, keras.layers.Layer):
            layer.call = _watched(layer.call, seen, path)
    found = model(given, training=False)
    return [keras.ops.convert_to_numpy(tensor) for tensor in leaves(found)], seen


def _watched(call: Any, seen: dict[str, np.ndarray], path: str) -> Any:
    import functools

    @functools.wraps(call)
    def watched(*arguments: Any, **words: Any) -> Any:
        found = call(*arguments, **words)
        _keep(seen, path, found)
        return found

    return watched


def _keep(seen: dict[str, np.ndarray], path: str, found: Any) -> None:
    """The first call's first tensor, before an operation in place changes it."""
    if path not in seen:
        tensor = leaves(found)[0]
        seen[path] = tensor.detach().numpy().copy() if isinstance(tensor, torch.Tensor) else keras.ops.convert_to_numpy(tensor)
