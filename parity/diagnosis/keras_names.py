"""Arrays of Keras variables (gradients, steps, buffers) under torch's names and in torch's layout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from parity.diagnosis.matching import Matching
from parity.trace import Record


class KerasNames:
    """The naming side of a `Session`."""

    keras: Any
    keras_model: Any
    torch_model: Any
    state: dict[str, np.ndarray]
    matching: Matching

    def _keras_buffers(self, end: str) -> list[Record]:
        values = {id(v): self.keras.read(v) for v in self.keras_model.non_trainable_variables if "float" in str(v.dtype)}
        return [r for r in self._bound("buffer", values, end) if not r.name.startswith("keras:") and self._is_buffer(r.name.removesuffix(end))]

    def _is_buffer(self, name: str) -> bool:
        return name in self.state and name in self._buffer_names

    @property
    def _buffer_names(self) -> set[str]:
        return {name for name, _ in self.torch_model.named_buffers()}

    def _bound(self, role: str, arrays: Mapping[int, np.ndarray], end: str) -> list[Record]:
        """Arrays of Keras variables under torch's names; pieces of one torch weight are put together, several variables of one weight are summed."""
        found: dict[str, dict[str, np.ndarray]] = {}
        layers: dict[str, str] = {}
        records = []
        held = set()
        for match in self.matching.matches:
            if match.how == "shared":  # a copy that torch does not have: its gradients and steps are nobody's
                continue
            for binding in match.bindings:
                variable = binding.held.variable
                if id(variable) not in arrays or not any(p is not None for p in binding.pieces):
                    continue
                held.add(id(variable))
                frozen = self._frozen(binding)
                if binding.held.summed and role == "step" and len(binding.labels) == 2 and not frozen:
                    name = "+".join(label.rpartition(".")[2] for label in binding.labels)
                    prefix = binding.labels[0].rpartition(".")[0]
                    records.append(Record(role, f"{prefix}.{name}{end}".lstrip("."), binding.held.canonical(arrays[id(variable)])[0], layer=match.torch.path))
                    continue
                for (label, array), piece in zip(binding.canonical(arrays[id(variable)]), [p for p in binding.pieces if p is not None], strict=True):
                    if piece.name in frozen:
                        continue
                    array = array.reshape(self._shape_of(piece))
                    parts = found.setdefault(piece.name, {})
                    parts[label] = parts[label] + array if label in parts else array
                    layers[piece.name] = match.torch.path
        for name, parts in found.items():
            whole = np.concatenate([parts[label] for label in sorted(parts, key=_start)]) if len(parts) > 1 else next(iter(parts.values()))
            records.append(Record(role, name + end, whole, layer=layers[name]))
        for variable in self.keras_model.trainable_variables if role == "grad" else []:
            if id(variable) not in held and id(variable) in arrays:
                records.append(Record(role, f"keras:{variable.path}", arrays[id(variable)], layer=variable.path.rpartition("/")[0]))
        return records

    def _frozen(self, binding: Any) -> set[str]:
        """Of several weights whose sum a variable holds, those that torch does not train while it trains another: one bias of a recurrence that has two."""
        parameters = dict(self.torch_model.named_parameters())
        names = {piece.name for piece in binding.pieces if piece is not None and piece.name in parameters} if binding.held.summed else set()
        frozen = {name for name in names if not parameters[name].requires_grad}
        return frozen if frozen != names else set()

    def _shape_of(self, piece: Any) -> tuple[int, ...]:
        shape = self.state[piece.name].shape
        return tuple(shape) if piece.start is None else (piece.stop - piece.start, *shape[1:])


def _start(label: str) -> int:
    return int(label.rpartition("[")[2].partition(":")[0]) if label.endswith("]") else 0
