"""The runs a check needs: both models, in both precisions, in evaluation and training, from one set of weights, inputs and dropout masks."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from parity.diagnosis.dropping import Dropping
from parity.diagnosis.forcing import Forced, Forcing
from parity.diagnosis.keras_names import KerasNames
from parity.diagnosis.layouts import Order
from parity.diagnosis.matching import Matching, match_statically
from parity.diagnosis.structure import Given, axes_by_making, axes_by_use, keras_order, named_arrays, output_order, paired_leaves
from parity.diagnosis.torch_runs import Options as Options
from parity.diagnosis.torch_runs import TorchRun, TorchRuns, first_line
from parity.diagnosis.units import keras_units, torch_units, with_own_norms, with_written
from parity.errors import CannotRunError, ParityUsageError
from parity.frameworks import get
from parity.spilling import spilled
from parity.trace import Record


class Session(TorchRuns, KerasNames, Dropping):
    """Everything two models computed. Created by `parity.check`; the models come back as they were."""

    torch: Any
    keras: Any

    def __init__(self, torch_model: Any, keras_model: Any, inputs: Any, options: Options) -> None:
        self.options = options
        self.torch, self.keras = get("torch"), get("keras")
        self.notes: list[str] = []
        self.torch_model, self.keras_model = _built(torch_model, "torch_model"), _built(keras_model, "keras_model")
        if not self.torch.is_model(self.torch_model) or self.keras.is_model(self.torch_model):
            raise ParityUsageError(f"torch_model: expected a torch.nn.Module or a function that builds one, got {_told(self.torch_model)}.")
        if not self.keras.is_model(self.keras_model):
            raise ParityUsageError(f"keras_model: expected a Keras model or layer, or a function that builds one, got {_told(self.keras_model)}.")
        self.make_plain()
        self.names, self.arrays, self.structure = named_arrays(inputs)
        self.state = self._read_state()
        self.torch_runs: dict[tuple[str, bool], TorchRun] = {}
        self.orders: dict[str, Order | None] = {}  # output → how it lies on the Keras side
        self.forced: dict[tuple[str, bool], Forced] = {}
        self.forcing: dict[bool, Forcing] = {}
        self.keras_records: dict[str, list[Record]] = {"float64": [], "float32": []}
        self.only_float32 = ""
        self.start_dropping()

    def make_plain(self) -> None:
        """The torch model as plain modules.

        Raises:
            ParityUsageError: a scripted model; steps of weights that torch computes from others, which Keras' optimizer would not take.
        """
        from parity.frameworks.torch_plain import plain_model

        try:
            self.torch_model, computed = plain_model(self.torch_model)
        except ValueError as error:
            raise ParityUsageError(f"torch_model: {error}.") from error
        if computed:
            told = f"torch computes weights from others (weight_norm, spectral_norm, …) in {computed}"
            if self.options.optimizer:
                raise ParityUsageError(f"optimizer: {told} and trains those, so that its steps have no counterpart; leave optimizer out, or remove them first.")
            self.notes.append(f"{told[0].upper()}{told[1:]}: compared as what they are now, and gradients are by them.")

    # Keras

    def prepare_keras(self) -> None:
        """Builds the model where it is not, on inputs in its layout."""
        if not all(layer.built for layer in self.keras_model._flatten_layers()) or not self.keras_model.built:
            try:
                self.call_keras([self.keras.plain_tensor(a) for a in self.given.keras_arrays], False)
            except Exception as error:
                raise CannotRunError(f"The Keras model raised {type(error).__name__} when it was built: {first_line(error)}") from error
        for variable in self.keras_model.variables:
            if self.options.weights == "as-is" and "float" in str(variable.dtype) and np.isnan(self.keras.read(variable).astype(np.float64)).any():
                raise ParityUsageError(f"The Keras weight {variable.path} holds NaN; nothing can be compared. Load a sound checkpoint first.")

    def call_keras(self, values: Sequence[Any], training: bool) -> Any:
        given = self.given.nested(values, keras=True)
        model = self.keras_model
        if isinstance(given, dict):
            return self.keras.call_named(model, given, training)
        return self.keras.call_inputs(model, given, training, self.given.keras_structure == "tuple" and len(given) > 1)

    def choose_inputs(self, flow: Any) -> None:
        """Decides how torch's inputs lie on the Keras side."""
        options, orders = self.options, []
        declared = self.keras.declared_shapes(self.keras_model)
        for i, (name, array) in enumerate(zip(self.names, self.arrays, strict=True)):
            wanted = options.layout.get(name, "auto") if isinstance(options.layout, Mapping) else options.layout
            if callable(wanted):
                orders.append(wanted)
                continue
            orders.append(keras_order(name, array, declared.of(name, i), wanted, axes_by_use(flow, flow.inputs[i])))
        mine = tuple(o.apply(a) if isinstance(o, Order) else np.asarray(o(a)) for o, a in zip(orders, self.arrays, strict=True))
        known = tuple(o if isinstance(o, Order) else None for o in orders)
        if options.keras_inputs is None:
            self.given = Given(self.names, self.arrays, self.structure, self.names, mine, self.structure, known, tuple(range(len(mine))))
            return
        names, arrays, structure = named_arrays(options.keras_inputs, "keras_inputs")
        places: list[int | None] = []
        for array in mine:
            places.append(next((j for j, other in enumerate(arrays) if j not in places and other.shape == array.shape), None))
        theirs = list(arrays)
        for i, array in enumerate(self.arrays):  # given in torch's layout after all
            j = next((j for j, other in enumerate(arrays) if other.shape == array.shape), None)
            order = known[i]
            if places[i] is None and j is not None and j not in places and order is not None:
                theirs[j], places[i] = order.apply(arrays[j]), j
        self.given = Given(self.names, self.arrays, self.structure, names, tuple(theirs), structure, known, tuple(places))

    @contextlib.contextmanager
    def keras_in(self, dtype: str) -> Iterator[None]:
        """The live Keras model in a precision, with torch's weights where they are transferred; afterwards as it was."""
        with self.keras.precision(dtype), self.keras.widened(dtype), self.keras.cast(self.keras_model, dtype):
            if self.transfers:
                for match in self.matching.matches:
                    for binding in match.bindings:
                        if binding.filled:
                            self.keras.assign(binding.held.variable, binding.fill(self.state))
            yield

    @property
    def transfers(self) -> bool:
        return self.options.weights != "as-is"

    def match(self) -> None:
        """The static part of the matching; the rest is decided by the first forced run."""
        from parity.frameworks.torch_written import written_layers

        layers = dict(self.options.layers or {})
        if isinstance(self.options.weights, Mapping):
            layers |= dict(self.options.weights)
        theirs = keras_units(self.keras_model, self.keras.children)
        run = self.torch_runs.get(("float64", self.modes[0]))
        written = written_layers(run.flow) if run is not None else []
        mine = with_own_norms(with_written(torch_units(self.torch_model), theirs, written), theirs)
        self.matching: Matching = match_statically(mine, theirs, layers or None)

    def force(self, dtype: str, training: bool, record_ops: bool = False) -> Forced:
        """A teacher-forced run; call inside `keras_in(dtype)`."""
        from parity.frameworks.torch_units import unit_calls

        run = self.torch_runs[(dtype, training)]
        if not run.calls:
            with self.torch.precision(dtype):
                run.calls = {id(u): unit_calls(run.flow, u.path, u.kind, u.part) for u in self.matching.torch_units}
        forcing = Forcing(self.keras, self.torch, self.matching, run.calls, run.flow, self.state, self.transfers)
        if training in self.forcing:
            forcing.views = self.forcing[training].views
        self.forcing[training] = forcing
        self.keras.seed(self.options.seed)
        values = [self.keras.plain_tensor(a) for a in self.given.keras_arrays]
        with self.unchanged_if(training), self.telling_of(forcing):
            forcing.run(
                lambda: self.masked(lambda: self.call_keras(values, training), run.masks[0] if training else [], run.flow if dtype == "float64" else None),
                record_ops,
            )
        found = forcing.found
        if forcing.failed:
            forcing.assign_rest()
        found.after = self.after if training else {}
        self.forced[(dtype, training)] = found
        return found

    @contextlib.contextmanager
    def telling_of(self, forcing: Forcing) -> Iterator[None]:
        """A forced run that raises is no verdict: layers that it did not reach are matched by order, and nothing is located behind."""
        try:
            yield
        except (CannotRunError, ParityUsageError):
            raise
        except Exception as error:
            note = f"Located only in part: the run on torch's values raised {type(error).__name__} ({first_line(error)})."
            if note not in self.notes:
                self.notes.append(note)
            forcing.failed = True

    def unchanged_if(self, training: bool) -> contextlib.AbstractContextManager[None]:
        """Buffers only change in training; in the first run of all, weights are still being filled in."""
        if not training:
            return contextlib.nullcontext()
        return self.unchanged_buffers()

    @contextlib.contextmanager
    def unchanged_buffers(self) -> Iterator[None]:
        before = [(v, self.keras.read(v)) for v in self.keras_model.non_trainable_variables]
        self.after: dict[int, np.ndarray] = {}
        try:
            yield
        finally:
            self.after = {id(v): self.keras.read(v) for v, _ in before}
            filled = {id(b.held.variable): b for m in self.matching.matches for b in m.bindings if b.complete} if self.transfers else {}
            for variable, value in before:
                binding = filled.get(id(variable))
                self.keras.assign(variable, value if binding is None else binding.fill(self.state))

    def run_keras(self, dtype: str, training: bool, *, steps: int = 0) -> list[Record]:
        """Runs and records the Keras side, freely; call inside `keras_in(dtype)`."""
        from parity.frameworks.keras_tracing import eagerly

        adapter, options = self.keras, self.options
        torch_run = self.torch_runs[(dtype, training)] if (dtype, training) in self.torch_runs else self.torch_runs[("float64", training)]
        variables = list(self.keras_model.trainable_variables)
        optimizer = None
        if options.optimizer and steps:
            optimizer = adapter.optimizer(_fresh(options.optimizer[1]), {}, variables)
        records: list[Record] = []
        suffix = self._suffix(training)
        leaves = [adapter.plain_tensor(a) for a in self.given.keras_arrays]
        wrt = [self.given.places[i] for i, a in enumerate(self.arrays) if a.dtype.kind == "f" and self.given.places[i] is not None]
        for step in range(max(1, steps)):
            adapter.seed(options.seed)
            masks = torch_run.masks[step] if training and step < len(torch_run.masks) else []
            objective = self._keras_objective(training, torch_run, dtype)
            backward = self._wants_gradients(training) or optimizer is not None
            function = lambda *values: self.call_keras(values, training)  # noqa: E731
            function = adapter.compiled(function, options.mode)
            try:
                with eagerly() if options.mode == "eager" else contextlib.nullcontext():
                    done = self.masked(
                        lambda: adapter.backward(function, objective, leaves, wrt if backward else [], variables if backward else []),  # noqa: B023
                        masks if options.mode == "eager" else [],
                    )
            except (ParityUsageError, CannotRunError):
                raise
            except Exception as error:
                raise CannotRunError(f"The Keras model raised {type(error).__name__} in {dtype}: {first_line(error)}") from error
            if step == 0:
                records += self._keras_records(done, wrt, variables, training, suffix, torch_run, optimizer is None)
            if optimizer is not None:
                before = {id(v): spilled(adapter.read(v)) for v in variables}
                adapter.apply(optimizer, done.gradients, variables)
                change = {id(v): spilled(adapter.read(v).astype(np.float64) - before[id(v)]) for v in variables}
                records += self._bound("step", change, f"@{step + 1}")
        if steps > 1 and training:
            records += self._keras_buffers(f"@{steps}")
        return records

    def _keras_objective(self, training: bool, torch_run: TorchRun, dtype: str) -> Callable[[Any], Any]:
        options, adapter = self.options, self.keras

        def objective(outputs: Any) -> Any:
            pairs = self.paired(outputs, torch_run)
            if options.loss is not None and (training or options.training is False):
                view = self.orders.get(pairs[0][0])
                value = self._keras_loss(outputs, view)
                return value if len(value.shape) == 0 else adapter.inner(value, adapter.tensor(self._cotangent("loss", tuple(int(n) for n in value.shape))))
            terms = []
            for name, expected, actual in pairs:
                order = self.orders.get(name)
                if "float" in str(actual.dtype) and order is not None and expected.requires_grad:
                    terms.append(adapter.inner(actual, adapter.tensor(order.apply(self._cotangent(name, tuple(expected.shape))))))
            return sum(terms[1:], terms[0]) if terms else None

        return objective

    def _keras_loss(self, outputs: Any, view: Order | None) -> Any:
        """Targets lie as the outputs do; a loss of the user's own may want them as they were given."""
        assert self.options.loss is not None
        loss, adapter = self.options.loss[1], self.keras
        try:
            return keras_loss(loss, outputs, self._targets(adapter, view), adapter)
        except Exception:
            if view is None or view.plain or adapter.is_keras_loss(loss):
                raise
            return keras_loss(loss, outputs, self._targets(adapter), adapter)

    def paired(self, outputs: Any, torch_run: TorchRun) -> list[tuple[str, Any, Any]]:
        """Outputs of both sides by torch's names; how they lie is decided once."""
        leaves = self._leaves(outputs, "Keras", self.keras)
        pairs = paired_leaves(torch_run.leaves, leaves, lambda t: tuple(int(n) for n in t.shape))
        for i, (name, expected, actual) in enumerate(pairs):
            if name not in self.orders:
                wanted = self.options.layout.get(name, "auto") if isinstance(self.options.layout, Mapping) else "auto"
                made = axes_by_making(torch_run.flow, self._output_number(torch_run, i))
                shape = tuple(int(n) for n in actual.shape)
                value = self.keras.array(actual) if hasattr(actual, "numpy") or self.keras.backend != "tensorflow" else None
                self.orders[name] = output_order(self.torch.array(expected), shape, made, wanted, value)
        return pairs

    @staticmethod
    def _output_number(torch_run: TorchRun, index: int) -> int:
        from parity.frameworks.torch_tracing import numbers

        return numbers(torch_run.flow.outputs)[index]

    def _keras_records(self, done: Any, wrt: Any, variables: Any, training: bool, suffix: str, torch_run: TorchRun, last: bool) -> list[Record]:
        """`last`: nobody needs the gradients afterwards."""
        adapter = self.keras
        records = []
        for name, expected, actual in self.paired(done.outputs, torch_run):
            array, order = adapter.array(actual), self.orders[name]
            records.append(Record("output", name + suffix, array if order is None else order.undo(array, tuple(expected.shape))))
        if self.options.loss is not None and (training or self.options.training is False):
            records.append(Record("loss", "loss", adapter.array(done.objective)))
        if self._wants_gradients(training):
            by_place = dict(zip(wrt, done.input_gradients, strict=True))
            for i, name in enumerate(self.names):
                place, order = self.given.places[i], self.given.orders[i]
                if place in by_place and order is not None:
                    array = np.zeros(self.arrays[i].shape) if by_place[place] is None else order.undo(adapter.array(by_place[place]), self.arrays[i].shape)
                    records.append(Record("input_grad", name, array))
            gradients = {}
            for i, v in enumerate(variables):
                g = done.gradients[i]
                gradients[id(v)] = np.zeros(tuple(v.shape), str(v.dtype)) if g is None else spilled(adapter.array(g))
                done.gradients[i] = None if last else g
            records += self._bound("grad", gradients, "")
        if training:
            records += self._keras_buffers("")
        return records

    def keras_outputs(self, run: TorchRun) -> Any:
        """Torch's outputs, as the Keras model would return them; None where their shapes do not fit."""
        forced = self.forced.get(("float64", self.modes[-1])) or self.forced.get(("float64", self.modes[0]))
        if forced is None or forced.outputs is None:
            return None
        pairs = self.paired(forced.outputs, run)
        by_id = {}
        for name, expected, actual in pairs:
            order = self.orders.get(name)
            if order is None:
                return None
            by_id[id(actual)] = self.keras.tensor(order.apply(self.torch.array(expected)))
        return replaced(forced.outputs, by_id)


def keras_loss(loss: Any, outputs: Any, targets: Any, adapter: Any) -> Any:
    """Members of keras.losses, and functions of (y_true, …), take (target, output), any other callable (output, target)."""
    if not adapter.is_keras_loss(loss):
        return loss(outputs, targets)
    with adapter.in_precision(loss):
        return adapter.averaged(loss, loss(targets, outputs))


def replaced(value: Any, by_id: Mapping[int, Any]) -> Any:
    if id(value) in by_id:
        return by_id[id(value)]
    if isinstance(value, Mapping):
        return {k: replaced(v, by_id) for k, v in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(replaced(v, by_id) for v in value)
    return value


def _fresh(optimizer: Any) -> Callable[..., Any]:
    """A factory: of an optimizer that was passed itself, one with its configuration."""
    if hasattr(optimizer, "get_config") and not isinstance(optimizer, type):
        return lambda **_: type(optimizer).from_config(optimizer.get_config())
    return optimizer


def _built(model: Any, argument: str) -> Any:
    is_model = any(cls.__name__ in {"Module", "Layer", "Operation"} and cls.__module__.partition(".")[0] in {"torch", "keras"} for cls in type(model).__mro__)
    if is_model or not callable(model):
        return model
    try:
        return model()
    except Exception as error:
        raise CannotRunError(f"{argument}: building it raised {type(error).__name__}: {first_line(error)}") from error


def _told(value: Any) -> str:
    return f"a {type(value).__name__}"
