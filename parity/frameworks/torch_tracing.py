"""What a PyTorch model does, in order: the calls of its modules and the functions between them, with every value and how to compute it again."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import torch
from torch.overrides import TorchFunctionMode

from parity.frameworks.torch_functions import Again, as_precise, attended, drops, drops_attention, opened
from parity.spilling import spilled

ATOMIC = (torch.nn.MultiheadAttention, torch.nn.RNNBase)
WHOLE = {torch.nn.functional.dropout1d: 1, torch.nn.functional.dropout2d: 2, torch.nn.functional.dropout3d: 3}  # axes that are dropped together
DROPOUTS = frozenset({torch.nn.functional.dropout, *WHOLE})
_IN_FILES = frozenset({torch.float64, torch.float32, torch.int64, torch.int32, torch.bool, torch.complex64, torch.complex128})


@dataclass(frozen=True)
class Cut:
    """A value, by its number, or a parameter, by its name, that gets no gradient from the operations from `first` to before `end`."""

    first: int
    end: int
    value: int | str | frozenset[int]


@dataclass(frozen=True)
class Ref:
    """A value in the arguments of an operation, by its number."""

    value: int


@dataclass(eq=False)
class Op:
    """One call of a torch function: arguments with `Ref`s for values, and the numbers of the values it made."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    outputs: list[int]
    path: str  # the module whose forward made the call
    index: int = 0

    @property
    def name(self) -> str:
        return getattr(self.function, "__name__", str(self.function))

    @property
    def inputs(self) -> list[int]:
        found: list[int] = []
        _references((self.args, self.kwargs), found)
        return found


@dataclass(eq=False)
class Call:
    """One call of a module."""

    path: str
    module: Any
    index: int  # the how-manieth of this module
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    outputs: Any
    ops: tuple[int, int] = (0, 0)  # the operations made inside: first, and one behind the last
    masks: tuple[int, int] = (0, 0)  # the dropouts inside, likewise

    @property
    def inputs(self) -> list[int]:
        found: list[int] = []
        _references((self.args, self.kwargs), found)
        return found

    @property
    def made(self) -> list[int]:
        found: list[int] = []
        _references(self.outputs, found)
        return found


@dataclass(eq=False)
class Flow:
    """Everything one forward pass computed. `values[i]` are copies, without gradients."""

    values: list[torch.Tensor] = field(default_factory=list)
    ops: list[Op] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    producers: dict[int, Op] = field(default_factory=dict)
    inputs: list[int] = field(default_factory=list)
    outputs: Any = None  # structure with Refs
    masks: list[torch.Tensor] = field(default_factory=list)  # of dropouts, in order: 1 where kept
    training: bool = False

    def by_path(self, path: str) -> list[Call]:
        return [call for call in self.calls if call.path == path]


def _references(value: Any, found: list[int]) -> None:
    if isinstance(value, Ref):
        found.append(value.value)
    elif isinstance(value, Mapping):
        for item in value.values():
            _references(item, found)
    elif isinstance(value, (tuple, list)):
        for item in value:
            _references(item, found)
    elif hasattr(value, "__dataclass_fields__") and not isinstance(value, type):
        for name in value.__dataclass_fields__:
            _references(getattr(value, name), found)


def mapped(value: Any, of: Callable[[Any], Any]) -> Any:
    """The same structure with `of` applied to tensors and `Ref`s."""
    if isinstance(value, (torch.Tensor, Ref)):
        return of(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return cast(Any, type(value))._make([mapped(item, of) for item in value])  # past a __new__ of its own (PackedSequence), which wants tensors
    if isinstance(value, (tuple, list)):
        items = [mapped(item, of) for item in value]
        return items if isinstance(value, list) else tuple(items)
    if isinstance(value, Mapping):
        return {key: mapped(item, of) for key, item in value.items()}
    if hasattr(value, "__dataclass_fields__") and not isinstance(value, type):
        return {name: mapped(getattr(value, name), of) for name in value.__dataclass_fields__}
    return value


def kept(tensor: torch.Tensor) -> torch.Tensor:
    """A copy without gradients; in a file where it is large."""
    tensor = tensor.detach()
    plain = type(tensor) is torch.Tensor and tensor.layout is torch.strided and tensor.device.type == "cpu" and not tensor.is_conj() and not tensor.is_neg()
    if plain and tensor.dtype in _IN_FILES:
        array = tensor.numpy()
        copy = spilled(array)
        if copy is not array:
            return torch.from_numpy(copy)
    return tensor.clone()


class _Tracer(TorchFunctionMode):  # type: ignore[misc]
    def __init__(self, flow: Flow, masks: Sequence[torch.Tensor] | None = None, cut: Cut | None = None) -> None:
        super().__init__()
        self.cut = cut
        self.parameter: torch.Tensor | None = None  # whose gradient is cut off
        self.flow, self.masks = flow, None if masks is None else list(masks)
        self.numbers: dict[int, tuple[int, int, torch.Tensor]] = {}  # id → version, number, the tensor itself, so that its id stays taken
        self.stack: list[str] = [""]
        self.atomic = 0
        self.constants: dict[int, torch.Tensor] = {}

    def number(self, tensor: torch.Tensor) -> int | None:
        known = self.numbers.get(id(tensor))
        return known[1] if known is not None and known[0] == tensor._version else None

    def enter(self, tensor: torch.Tensor) -> int:
        """The number of a value; a tensor not seen before, or written into since, is a new one."""
        number = self.number(tensor)
        if number is None:
            number = len(self.flow.values)
            with torch._C.DisableTorchFunction():
                self.flow.values.append(kept(tensor))
            self.numbers[id(tensor)] = (tensor._version, number, tensor)
        return number

    def argument(self, value: Any) -> Any:
        """Values of the flow as references; parameters and constants as they are."""
        if isinstance(value, torch.Tensor):
            number = self.number(value)
            if number is not None:
                return Ref(number)
            if isinstance(value, torch.nn.Parameter):
                return value
            with torch._C.DisableTorchFunction():
                return value.detach().clone()
        return value

    def __torch_function__(self, function: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None) -> Any:
        function, args, kwargs = as_precise(function, args, dict(kwargs or {}))
        if _transformed():
            return function(*args, **kwargs)
        if self.atomic:
            if function is torch.nn.functional.multi_head_attention_forward:
                plain = torch.nn.functional.dropout
                with opened(lambda x, p: self.dropped(plain, (x, p), {})[0]):
                    return function(*args, **kwargs)
            return self.dropped(function, args, kwargs)[0] if function in DROPOUTS and drops(args, kwargs) else function(*args, **kwargs)
        before_args, before_kwargs = mapped(tuple(args), self.argument), mapped(kwargs, self.argument)
        if function is torch.nn.functional.scaled_dot_product_attention and drops_attention(args, kwargs):
            with self:
                return attended(*args, **kwargs)
        if self.cut is not None:
            args, kwargs = mapped(tuple(args), self.detached), mapped(kwargs, self.detached)
        if function in DROPOUTS and drops(args, kwargs):
            result, function = self.dropped(function, args, kwargs)
        else:
            result = function(*args, **kwargs)
        outputs: list[torch.Tensor] = []
        mapped(result, lambda tensor: outputs.append(tensor) if isinstance(tensor, torch.Tensor) else None)
        made = [tensor for tensor in outputs if not (any(tensor is a for a in args) and self.number(tensor) is not None)]
        if made:
            op = Op(function, before_args, before_kwargs, [self.enter(t) for t in made], self.stack[-1], len(self.flow.ops))
            self.flow.ops.append(op)
            for number in op.outputs:
                self.flow.producers.setdefault(number, op)
        return result

    def detached(self, value: Any) -> Any:
        """The value, without gradient where that is cut off."""
        if self.cut is None or not isinstance(value, torch.Tensor) or not self.cut.first <= len(self.flow.ops) < self.cut.end:
            return value
        cut = self.cut.value
        stopped = value is self.parameter if isinstance(cut, str) else self.number(value) in (cut if isinstance(cut, frozenset) else (cut,))
        return value.detach() if stopped else value

    def dropped(self, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[torch.Tensor, Callable[..., Any]]:
        """Dropout as torch does it, its mask kept (of whole channels: with the other axes of size 1); and the same dropout again, with this mask."""
        x = args[0] if args else kwargs["input"]
        p = args[1] if len(args) > 1 else kwargs.get("p", 0.5)
        with torch._C.DisableTorchFunction():
            if self.masks:
                mask = self.masks.pop(0).to(x.dtype)
            else:
                mask = (function(torch.ones_like(x), p, True) != 0).to(x.dtype) if p < 1 else torch.zeros_like(x)
                mask = mask[(..., *[slice(0, 1)] * WHOLE.get(function, 0))]
        self.flow.masks.append(mask.detach())

        def dropout(input: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
            return input * mask.to(input.dtype) / (1 - p) if p < 1 else input * 0

        with torch._C.DisableTorchFunction():
            return dropout(x), dropout


def _transformed() -> bool:
    """Inside `torch.func.vmap` or `grad`: tensors have no numbers of their own there."""
    return torch._C._functorch.peek_interpreter_stack() is not None


@contextlib.contextmanager
def _hooks(model: torch.nn.Module, tracer: _Tracer) -> Iterator[None]:
    """Calls of modules with their values; inside atomic modules nothing is seen."""
    handles, counts, open_calls = [], {}, []  # type: ignore[var-annotated]
    paths = {module: path for path, module in reversed(list(model.named_modules(remove_duplicate=True)))}

    def before(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        path = paths.get(module, "")
        if _transformed():
            tracer.stack.append(path)
            return args, kwargs
        if not tracer.atomic:
            with torch._C.DisableTorchFunction():
                for value in (args, kwargs):
                    mapped(value, lambda t: tracer.enter(t) if isinstance(t, torch.Tensor) and not isinstance(t, torch.nn.Parameter) else None)
            known = mapped(args, tracer.argument), mapped(kwargs, tracer.argument)
            open_calls.append((known, len(tracer.flow.ops), len(tracer.flow.masks)))
            if isinstance(module, ATOMIC) and tracer.cut is not None:
                args, kwargs = mapped(args, tracer.detached), mapped(kwargs, tracer.detached)
        tracer.stack.append(path)
        tracer.atomic += isinstance(module, ATOMIC)
        return args, kwargs

    def after(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        path = tracer.stack.pop()
        if _transformed():
            return
        tracer.atomic -= isinstance(module, ATOMIC)
        if tracer.atomic:
            return
        (known_args, known_kwargs), start, dropped = open_calls.pop()
        made: list[torch.Tensor] = []
        mapped(output, lambda t: made.append(t) if isinstance(t, torch.Tensor) else None)
        if isinstance(module, ATOMIC):
            fresh = [t for t in made if tracer.number(t) is None]
            masks = tracer.flow.masks[dropped:]
            again = Again(module, masks, trace) if masks else module
            op = Op(again, known_args, known_kwargs, [tracer.enter(t) for t in fresh], path, len(tracer.flow.ops))
            tracer.flow.ops.append(op)
            for number in op.outputs:
                tracer.flow.producers.setdefault(number, op)
        outputs = mapped(output, lambda t: Ref(tracer.enter(t)) if isinstance(t, torch.Tensor) else t)
        count = counts[path] = counts.get(path, -1) + 1
        tracer.flow.calls.append(Call(path, module, count, known_args, known_kwargs, outputs, (start, len(tracer.flow.ops)), (dropped, len(tracer.flow.masks))))

    for module in model.modules():
        handles.append(module.register_forward_pre_hook(before, with_kwargs=True))
        handles.append(module.register_forward_hook(after, with_kwargs=True))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def numbers(value: Any) -> list[int]:
    """The values that a structure refers to, in order."""
    found: list[int] = []
    _references(value, found)
    return found


class _Function(torch.nn.Module):  # type: ignore[misc]
    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        object.__setattr__(self, "function", function)  # a loss that is a module is no child here: its operations are wanted

    def forward(self, *args: Any) -> Any:
        return self.function(*args)


def trace_function(function: Callable[..., Any], args: Sequence[Any]) -> tuple[Flow, Any]:
    """The same for a plain function, a loss for example."""
    return trace(_Function(function), args, {})


def trace(
    model: torch.nn.Module,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    masks: Sequence[torch.Tensor] | None = None,
    cut: Cut | None = None,
) -> tuple[Flow, Any]:
    """Runs the model as it stands (mode and weights) and tells what it did.

    Args:
        masks: of dropouts, in order, instead of torch's own draws.
        cut: a gradient that is dropped on its way back.
    """
    flow = Flow(training=model.training)
    tracer = _Tracer(flow, masks, cut)
    if cut is not None and isinstance(cut.value, str):
        tracer.parameter = model.get_parameter(cut.value)
    for value in [*args, *kwargs.values()]:
        mapped(value, lambda t: flow.inputs.append(tracer.enter(t)) if isinstance(t, torch.Tensor) else None)
    with _hooks(model, tracer), tracer:
        output = model(*args, **kwargs)
    flow.outputs = mapped(output, lambda t: Ref(tracer.enter(t)) if isinstance(t, torch.Tensor) else t)
    return flow, output


def replay(flow: Flow, op: Op, values: Mapping[int, torch.Tensor], function: Callable[..., Any] | None = None) -> list[torch.Tensor]:
    """The values an operation makes from these (others: as recorded), perhaps with another function."""

    def fetch(item: Any) -> Any:
        if isinstance(item, Ref):
            held = values.get(item.value)
            return (flow.values[item.value] if held is None else held).clone()
        return item.detach() if isinstance(item, torch.nn.Parameter) else item.clone() if isinstance(item, torch.Tensor) else item

    with torch.no_grad():
        result = (function or op.function)(*mapped(op.args, fetch), **mapped(op.kwargs, fetch))
    outputs: list[torch.Tensor] = []
    mapped(result, lambda t: outputs.append(t) if isinstance(t, torch.Tensor) else None)
    return outputs
