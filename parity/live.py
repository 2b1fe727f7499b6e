"""Recording a live model of the user's: outputs, gradients and buffers in one precision, from its own weights."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from parity.case import Layout, seeded
from parity.errors import ParityUsageError
from parity.frameworks import get
from parity.frameworks.base import Framework, flatten, moved_out
from parity.trace import Record, Trace

Inputs = np.ndarray | Sequence[np.ndarray] | Mapping[str, np.ndarray]
Layouts = str | Mapping[str, Layout]


def record(
    model: Any,
    inputs: Inputs,
    *,
    framework: str | None = None,
    dtype: str = "float32",
    device: str = "cpu",
    out: str | Path | None = None,
    training: bool = False,
    gradients: bool = True,
    layout: Layouts = "auto",
    seed: int = 0,
    subject: str = "model",
) -> Trace:
    """Runs a model once and records what it computed, under torch's names and in torch's layout. The model comes back unchanged, bit for bit.

    Args:
        model: a torch module or a Keras model.
        inputs: an array, a tuple of arrays or a mapping of arrays, in torch's layout. A mapping is passed by keyword to torch and as a mapping to Keras.
        framework: "torch" or "keras"; None: told from the model.
        dtype: "float64" or "float32" (also "float16" and "bfloat16").
        out: also write the trace to this file.
        training: run in training mode.
        gradients: of ⟨output, random cotangent⟩ for float inputs and parameters; the cotangents depend on `seed` and shapes alone.
        layout: for a Keras model, per input and output name "channels_last" or "same"; "auto" moves the channels of floats of rank 4 and 5.
        subject: the name under which traces are compared.

    Raises:
        ParityUsageError: `model` or `inputs` are not what they should be.
        CannotRunError: the framework or the device is missing.
    """
    adapter = get(framework or framework_of(model))
    adapter.configure(device)
    started = time.perf_counter()
    with adapter.precision(dtype), adapter.cast(model, dtype) as cast:
        adapter.seed(seed)
        records = _Recorder(adapter, layout, seed).record(cast, _named(inputs), training, gradients)
    trace = Trace(subject, adapter.name, dtype, tuple(records), adapter.made() | {"seed": seed}, {"total": time.perf_counter() - started})
    if out is not None:
        trace.save(out)
    return trace


def framework_of(model: Any) -> str:
    """ "torch" or "keras", told from the classes of the model without importing either."""
    for cls in type(model).__mro__:
        package = cls.__module__.partition(".")[0]
        if package in {"torch", "keras"} and cls.__name__ in {"Module", "Layer", "Operation"} and not (package == "torch" and _is_keras(model)):
            return package
    raise ParityUsageError(f"{type(model).__name__} is neither a torch.nn.Module nor a Keras layer or model; pass one of these.")


def _is_keras(model: Any) -> bool:
    """Keras layers on the torch backend are torch modules as well."""
    return any(cls.__module__.startswith("keras.") for cls in type(model).__mro__)


def _named(inputs: Inputs) -> dict[str, np.ndarray] | list[np.ndarray]:
    if isinstance(inputs, Mapping):
        return {name: np.asarray(array) for name, array in inputs.items()}
    if isinstance(inputs, (tuple, list)):
        return [np.asarray(array) for array in inputs]
    array = np.asarray(inputs)
    if array.dtype == object:
        raise ParityUsageError("inputs: expected a NumPy array, a tuple or a mapping of arrays, in torch's layout.")
    return [array]


class _Recorder:
    def __init__(self, adapter: Framework, layout: Layouts, seed: int) -> None:
        self.adapter, self.layout, self.seed = adapter, layout, seed

    def layout_of(self, name: str, rank: int, is_float: bool) -> Layout:
        if isinstance(self.layout, Mapping):
            return self.layout.get(name, "same")
        if self.layout in {"same", "channels_last"}:
            return self.layout  # type: ignore[return-value]
        if self.layout != "auto":
            raise ParityUsageError(f"layout: expected 'auto', 'same', 'channels_last' or a mapping of names to these, got {self.layout!r}.")
        return "channels_last" if is_float and rank >= 4 else "same"

    def record(self, model: Any, inputs: dict[str, np.ndarray] | list[np.ndarray], training: bool, gradients: bool) -> list[Record]:
        adapter = self.adapter
        names = list(inputs) if isinstance(inputs, dict) else ["input"] if len(inputs) == 1 else [f"input.{i}" for i in range(len(inputs))]
        arrays = [a.astype(np.float32) if a.dtype.kind == "f" else a for a in (inputs.values() if isinstance(inputs, dict) else inputs)]
        layouts = [self.layout_of(name, array.ndim, array.dtype.kind == "f") for name, array in zip(names, arrays, strict=True)]
        leaves = [adapter.tensor(array, layout) for array, layout in zip(arrays, layouts, strict=True)]
        wrt = [i for i, array in enumerate(arrays) if gradients and array.dtype.kind == "f"]
        call = (
            (lambda *values: adapter.call_mapping(model, dict(zip(names, values, strict=True)), training))
            if isinstance(inputs, dict)
            else (lambda *values: adapter.call(model, values, training))
        )
        if not isinstance(inputs, dict):
            adapter.prepare(model, leaves)
        slots = [slot for slot in adapter.slots(model) if not slot.idle]
        trained = [slot for slot in slots if slot.trainable]
        weights = {slot: adapter.read(slot.variable) for slot in slots}
        done = adapter.backward(call, self.objective if gradients else lambda outputs: None, leaves, wrt, [s.variable for s in trained] if gradients else [])
        records = [Record("weight", name, a, layer=slot.layer) for slot, value in weights.items() for name, a in slot.canonical(value).items()]
        for name, tensor in flatten(done.outputs, adapter.is_tensor):
            records.append(Record("output", name, adapter.array(tensor, self.layout_of(name, len(tensor.shape), "float" in str(tensor.dtype)))))
        for i, gradient in zip(wrt, done.input_gradients, strict=True):
            records.append(Record("input_grad", names[i], adapter.array(leaves[i] * 0 if gradient is None else gradient, layouts[i])))
        for slot, gradient in zip(trained, done.gradients, strict=False):
            value = np.zeros_like(weights[slot]) if gradient is None else adapter.array(gradient)
            records += [Record("grad", name, a, layer=slot.layer) for name, a in slot.canonical(value).items()]
        for slot in slots:
            if not slot.trainable:
                records += [Record("buffer", name, a, layer=slot.layer) for name, a in slot.canonical(adapter.read(slot.variable)).items()]
        return records

    def objective(self, outputs: Any) -> Any:
        terms = []
        for name, tensor in flatten(outputs, self.adapter.is_tensor):
            if "float" in str(tensor.dtype):
                layout = self.layout_of(name, len(tensor.shape), True) if self.adapter.name == "keras" else "same"
                shape = moved_out(np.empty(tuple(int(n) for n in tensor.shape), np.bool_), layout).shape
                cotangent = seeded("cotangent", self.seed, name, shape).normal(0.0, 1.0, shape).astype(np.float32)
                terms.append(self.adapter.inner(tensor, self.adapter.tensor(cotangent, layout)))
        return sum(terms[1:], terms[0]) if terms else None
