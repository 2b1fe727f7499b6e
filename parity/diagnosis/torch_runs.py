"""The torch side of a check: its weights, its runs in both precisions and modes, and what they record."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from parity.case import seeded
from parity.diagnosis.layouts import Order
from parity.errors import CannotRunError, ParityUsageError
from parity.frameworks.base import flatten
from parity.spilling import spilled
from parity.trace import Record
from parity.verdict import NUDGE


@dataclass(frozen=True)
class Options:
    """What a check was asked for; see `parity.check`."""

    weights: Any = "transfer"
    training: bool | None = None
    gradients: bool = True
    targets: Any = None
    loss: tuple[Any, Any] | None = None
    optimizer: tuple[Any, Any] | None = None
    steps: int = 0
    keras_inputs: Any = None
    layout: Any = "auto"
    layers: Mapping[str, str] | None = None
    mode: str = "eager"
    device: str = "cpu"
    seed: int = 0


@dataclass(eq=False)
class TorchRun:
    """One mode of the torch model in one precision."""

    model: Any
    flow: Any
    leaves: list[tuple[str, Any]]
    records: list[Record]
    masks: list[list[Any]] = field(default_factory=list)  # of each step
    calls: dict[int, list[Any]] = field(default_factory=dict)
    output: Any = None
    step_gradients: list[dict[str, np.ndarray]] = field(default_factory=list)


class TorchRuns:
    """What `Session` does with the torch model."""

    options: Options
    torch: Any
    torch_model: Any
    names: tuple[str, ...]
    arrays: tuple[np.ndarray, ...]
    structure: str
    state: dict[str, np.ndarray]
    notes: list[str]

    def _read_state(self) -> dict[str, np.ndarray]:
        state, rounded = {}, False
        for name, tensor in self.torch_model.state_dict().items():
            if not self.torch.is_tensor(tensor):
                continue
            array = self.torch.shared(tensor)
            if array.dtype.kind == "f" or array.dtype.name == "bfloat16":
                lower = array.astype(np.float32, copy=False)
                rounded |= bool(array.dtype == np.float64 and not np.array_equal(lower.astype(np.float64), array, equal_nan=True))
                if np.isnan(lower).any():
                    raise ParityUsageError(f"The PyTorch weight {name} holds NaN; nothing can be compared. Load a sound checkpoint first.")
                array = lower
            state[name] = array
        if rounded:
            self.notes.append("The PyTorch weights are float64; they were rounded to float32 first, so that both precisions start from the same numbers.")
        return state

    def torch_copy(self, dtype: str, state: Mapping[str, np.ndarray] | None = None) -> Any:
        model = copy.deepcopy(self.torch_model)
        model = self.torch.moved(model, dtype)
        self.torch.load(model, state or self.state)
        return model

    def run_torch(
        self,
        dtype: str,
        training: bool,
        *,
        state: Mapping[str, np.ndarray] | None = None,
        steps: int = 0,
        like: TorchRun | None = None,
        cut: Any = None,
    ) -> TorchRun:
        """Runs and records the torch side; dropout masks are those of `like` where it is given. `cut`: a `torch_tracing.Cut`."""
        from parity.frameworks.torch_tracing import trace
        from parity.frameworks.torch_units import show_dropout

        adapter, options = self.torch, self.options
        with adapter.precision(dtype):
            adapter.seed(options.seed)
            model = self.torch_copy(dtype, state)
            model.train(training)
            show_dropout(model)
            parameters = {name: p for name, p in model.named_parameters() if p.requires_grad}
            optimizer = options.optimizer[0](model.parameters()) if options.optimizer and steps else None
            begun = {name: p.detach().clone() for name, p in parameters.items()} if optimizer is not None else {}
            run: TorchRun | None = None
            records: list[Record] = []
            masks: list[list[Any]] = []
            for step in range(max(1, steps)):
                leaves = [adapter.tensor(a) for a in self.arrays]
                wrt = [i for i, a in enumerate(self.arrays) if a.dtype.kind == "f"]
                for i in wrt:
                    leaves[i].requires_grad_(options.gradients)
                given = self._nested([leaf.clone() if i in wrt else leaf for i, leaf in enumerate(leaves)])  # a model may write into its input
                args, kwargs = ((), given) if isinstance(given, dict) else (given, {})
                try:
                    flow, output = trace(model, args, kwargs, masks=like.masks[step] if like else None, cut=cut)
                except CannotRunError:
                    raise
                except Exception as error:
                    raise CannotRunError(f"The PyTorch model raised {type(error).__name__} in {dtype}: {first_line(error)}") from error
                masks.append(flow.masks)
                named = self._leaves(output, "PyTorch", adapter)
                objective = self._torch_objective(output, named, loss=training or options.training is False)
                for p in model.parameters():
                    p.grad = None
                if objective is not None and objective.requires_grad and (self._wants_gradients(training) or optimizer is not None):
                    objective.backward()
                if run is None:
                    ends = [(name, t.detach().requires_grad_(t.requires_grad)) for name, t in named]  # without the graph behind them
                    run = TorchRun(model, flow, ends, records, masks, output=adapter.detached(output))
                    records += self._torch_records(model, named, objective, leaves, wrt, parameters, training)
                if optimizer is not None:
                    before = {name: spilled(adapter.read(p)) for name, p in parameters.items()}
                    dense = {name: p.grad for name, p in parameters.items() if p.grad is not None and not p.grad.is_sparse}
                    run.step_gradients.append({name: spilled(adapter.array(gradient)) for name, gradient in dense.items()})
                    optimizer.step()
                    for name, p in parameters.items():
                        change = spilled(adapter.read(p).astype(np.float64) - before[name])
                        records.append(Record("step", f"{name}@{step + 1}", change, layer=name.rpartition(".")[0]))
            if steps > 1 and training:
                records += self._torch_buffers(model, f"@{steps}")
            assert run is not None
            for name, p in parameters.items() if begun else ():  # what is replayed later is the first step's
                p.data.copy_(begun[name])
            adapter.park(model)
            return run

    def _torch_objective(self, output: Any, named: Sequence[tuple[str, Any]], loss: bool) -> Any:
        options = self.options
        if loss and options.loss is not None:
            value = options.loss[0](output, self._targets(self.torch))
            return value if value.dim() == 0 else self.torch.inner(value, self.torch.tensor(self._cotangent("loss", tuple(value.shape))))
        terms = [self.torch.inner(t, self.torch.tensor(self._cotangent(n, tuple(t.shape)))) for n, t in named if t.is_floating_point() and t.requires_grad]
        return sum(terms[1:], terms[0]) if terms else None

    def _targets(self, adapter: Any, view: Order | None = None) -> Any:
        targets = self.options.targets
        if targets is None:
            return None

        def convert(array: Any) -> Any:
            array = np.asarray(array)
            if view is not None and not view.plain and array.dtype.kind == "f" and array.ndim == len(view.axes) and array.ndim >= 3:
                array = array.transpose(view.axes)
            return adapter.tensor(array.astype(np.float32) if array.dtype.kind == "f" else array)

        if isinstance(targets, Mapping):
            return {name: convert(a) for name, a in targets.items()}
        if isinstance(targets, (tuple, list)) and targets and not np.isscalar(targets[0]):
            return type(targets)(convert(a) for a in targets)
        return convert(targets)

    def _cotangent(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        return seeded("cotangent", self.options.seed, name, shape).normal(0.0, 1.0, shape).astype(np.float32)

    def _torch_records(self, model: Any, named: Any, objective: Any, leaves: Any, wrt: Any, parameters: Any, training: bool) -> list[Record]:
        adapter, suffix = self.torch, self._suffix(training)
        records = [Record("output", name + suffix, adapter.array(tensor)) for name, tensor in named]
        if self.options.loss is not None and (training or self.options.training is False):
            records.append(Record("loss", "loss", adapter.array(objective)))
        if self._wants_gradients(training):
            for i in wrt:
                gradient = leaves[i].grad
                records.append(Record("input_grad", self.names[i], np.zeros(leaves[i].shape) if gradient is None else adapter.array(gradient)))
            for name, p in parameters.items():
                value = np.zeros(tuple(p.shape), np.dtype(str(p.dtype).removeprefix("torch."))) if p.grad is None else adapter.array(p.grad)
                records.append(Record("grad", name, spilled(value), layer=name.rpartition(".")[0]))
        if training:
            records += self._torch_buffers(model, "")
        return records

    def _torch_buffers(self, model: Any, end: str) -> list[Record]:
        found = []
        for slot in self.torch.slots(model):
            if not slot.trainable and not slot.idle and not isinstance(slot.variable, self.torch.parameter_type) and "num_batches" not in slot.names[0]:
                found.append(Record("buffer", slot.names[0] + end, self.torch.read(slot.variable), layer=slot.layer))
        return found

    def _wants_gradients(self, training: bool) -> bool:
        """Gradients are compared in one mode: in training where that is run."""
        return self.options.gradients and training is self.trains

    @property
    def trains(self) -> bool:
        options = self.options
        return options.training is True or (options.training is None and (options.loss is not None or options.optimizer is not None))

    @property
    def modes(self) -> tuple[bool, ...]:
        if self.options.training is None:
            return (False, True) if self.trains else (False,)
        return (self.options.training,)

    def _suffix(self, training: bool) -> str:
        return "@train" if training and len(self.modes) > 1 else ""

    def _nested(self, values: Sequence[Any]) -> Any:
        return dict(zip(self.names, values, strict=True)) if self.structure == "dict" else tuple(values)

    def _leaves(self, output: Any, side: str, adapter: Any) -> list[tuple[str, Any]]:
        try:
            found = list(flatten(_plain(output), adapter.is_tensor))
        except CannotRunError as error:
            raise ParityUsageError(f"The {side} model returned something that is no tensor: {error}") from error
        if not found:
            raise ParityUsageError(f"The {side} model returned no tensor; expected a tensor or a tuple, list, dict or dataclass of tensors.")
        return found

    def moved_state(self) -> dict[str, np.ndarray]:
        """Torch's weights moved by ±2⁻⁴⁰ of their size, in float64."""
        moved = {}
        for name, array in self.state.items():
            if array.dtype.kind == "f":
                signs = seeded("nudge", self.options.seed, name).choice([-1.0, 1.0], array.shape)
                moved[name] = array.astype(np.float64) * (1.0 + NUDGE * signs)
            else:
                moved[name] = array
        return moved


def first_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text[:300] + ("…" if len(text) > 300 else "")


def _plain(output: Any) -> Any:
    """Outputs as dicts, tuples and tensors; a ModelOutput is a mapping already."""
    return output
