"""Which layer to name for a departure, and what the Keras side was doing there."""

from __future__ import annotations

from typing import Any

from parity.diagnosis.carrying import Carrying
from parity.diagnosis.forcing import mark
from parity.diagnosis.layouts import ROUNDED, close
from parity.diagnosis.walk import Departure

MOVING = frozenset(["view", "reshape", "transpose", "permute", "flatten", "unflatten", "movedim", "swapaxes", "t", "contiguous"])
BELONGING = frozenset(["dropout", "softmax", "log_softmax", "layer_norm", "batch_norm", "group_norm", "normalize"])  # to the layer before, as activations do
ATTENTION = frozenset(["scaled_dot_product_attention", "matmul", "__matmul__", "bmm", "einsum"])
FAR = 3  # operations: the layer that takes the result is no longer where a reader would look
_SILENT = frozenset({"Identity", "Cast", "Reshape", "ReadVariableOp", "Const", "Shape", "StridedSlice", "Pack", "ExpandDims", "Squeeze"})


class Naming(Carrying):
    """The words of a `Locator`."""

    def place(self, op: Any, departure: Departure) -> str:
        """The torch module to name: the one that is the operation, else the one whose output it takes, else the one whose forward it stands in."""
        modules = dict(self.session.torch_model.named_modules())
        module = modules.get(op.path)
        if op.path and module is not None and not any(module.children()):
            return str(op.path)
        floats = [i for i in op.inputs if self.flow.values[i].is_floating_point()]
        bare = self.bare_parameter(op) if floats and not op.path else ""
        if bare:
            return bare
        if len(floats) > 1:
            if not op.path and self.of_one_input(op):
                return "input"
            return str(op.path) or (consumer_of(self.flow, op) if departure.layer == "output" else departure.layer)
        if not floats and op.path and self.torch.parameters_taken(op):  # rows of a table belong to the module that holds it
            return str(op.path)
        if not floats and not op.path:  # a mask or a place made in the outermost forward belongs to what uses it first
            return user_of(self.flow, op) or departure.layer
        belongs = op.name in BELONGING or op.name.strip("_") in activation_names()
        outside = op.path and module is not None and departure.layer != "output" and not f"{departure.layer}.".startswith(f"{op.path}.")
        if not belongs and (outside or (op.path and (self.behind_by(op, departure) >= FAR or self.joined_behind(op, departure)))):
            return str(op.path)
        if not belongs and departure.layer != "output" and (not floats or floats[0] not in self.given):
            return departure.layer
        if not belongs and departure.layer == "output" and floats and floats[0] not in self.units:
            return consumer_of(self.flow, op)
        joined = self.flow.producers.get(floats[0]) if floats and op.path else None
        if joined is not None and joined.path == op.path and floats[0] not in self.units and len([i for i in joined.inputs if self.floating(i)]) > 1:
            return str(op.path)  # behind a sum or a product of two values: it belongs to neither's layer
        for number in floats:
            near = self.units.get(number) or self.behind(number, departure)
            if near != "output":
                return near
        return op.path or departure.layer

    def of_one_input(self, op: Any) -> bool:
        """Whether an operation takes nothing but what the outermost forward makes of one input of the model: that is how the input is prepared."""
        roots, stack, seen = set[int](), list(op.inputs), set[int]()
        while stack and len(seen) < FAR * 8:
            number = stack.pop()
            seen.add(number)
            maker = self.flow.producers.get(number)
            if number in self.given or maker is None:
                roots.add(number)
            elif maker.path or number in self.units:
                return False
            else:
                stack += [i for i in maker.inputs if i not in seen]
        return not stack and len(roots) == 1 and roots <= set(self.given)

    def bare_parameter(self, op: Any) -> str:
        """The parameter that an operation of the outermost forward joins with a value: tokens and positions are no layer's."""
        makers = [self.flow.producers.get(i) for i in op.inputs]
        taken = [p for each in (op, *[m for m in makers if m is not None and not any(map(self.floating, m.inputs))]) for p in self.torch.parameters_taken(each)]
        holder = next((call.module for call in self.flow.calls if not call.path), None)
        names = {id(p): name for name, p in holder.named_parameters(recurse=False)} if holder is not None and any(holder.children()) else {}
        return next((names[id(p)] for p in taken if id(p) in names), "")

    def behind_by(self, op: Any, departure: Departure) -> int:
        """How many operations the same forward makes between an operation and the departed value."""
        last = self.flow.producers.get(departure.number)
        between = self.flow.ops[op.index + 1 : last.index + 1] if last is not None else []
        return sum(other.path == op.path and other.name not in MOVING for other in between)

    def joined_behind(self, op: Any, departure: Departure) -> bool:
        """Whether its result meets other values in the same forward before a layer takes what comes of them: queries, keys and values in attention."""
        last = self.flow.producers.get(departure.number)
        between = self.flow.ops[op.index + 1 : last.index + 1] if last is not None else []
        return any(other.path == op.path and other.name in ATTENTION for other in between)

    def floating(self, number: int) -> bool:
        return bool(self.flow.values[number].is_floating_point())

    def behind(self, number: int, departure: Departure) -> str:
        """The leaf module that a value comes from."""
        for _ in range(20):
            if number in self.units:
                return self.units[number]
            if number in self.given:
                return "input"
            calls = [c for c in self.flow.calls if number in c.made and c.path and not any(c.module.children())]
            if calls:
                return str(calls[0].path)
            op = self.flow.producers.get(number)
            floats = [i for i in op.inputs if self.flow.values[i].is_floating_point()] if op is not None else []
            if not floats:
                break
            if len(floats) > 1 and op.path:  # a sum of two branches belongs to neither
                return str(op.path)
            number = floats[0]
        return departure.layer

    def used_elsewhere(self, departure: Departure) -> bool:
        """Whether another layer is fed the departed value too, and rightly: then it is not the value that is wrong, but what this layer is fed."""
        for point in self.forced.checkpoints:
            for number, given, live in zip(point.call.entered, point.given, point.live, strict=False):
                if number == departure.number and point.match.torch.path != departure.layer and live is not None and close(live, given, ROUNDED):
                    return True
        uses = [op for op in self.flow.ops if departure.number in op.inputs and len(op.inputs) > 1 and not any(n in self.units for n in op.outputs)]
        return any(self.explained(n, {}) for op in uses for n in op.outputs)

    def chain(self, departure: Departure) -> list[Any]:
        """What the Keras side did last before the departed value, back to what is explained."""
        by_id = {seen.key: seen for seen in self.seen}
        current = by_id.get(mark(departure.tensor)) if departure.tensor is not None else None
        found: list[Any] = []
        while current is not None and not current.forced and len(found) < 8:
            found.append(current)
            sources = [by_id[s] for s in current.sources if s in by_id and by_id[s] is not current and by_id[s].step < current.step]
            current = max(sources, key=lambda s: s.step) if sources else None
        return found[::-1]

    def keras_says(self, departure: Departure) -> str:
        done = [seen.what for seen in self.chain(departure) if seen.what not in _SILENT]
        return f" (Keras: {', '.join(done)})" if done else ""

    def keras_layer(self, departure: Departure) -> str:
        layers = [seen.layer for seen in self.chain(departure) if seen.layer]
        return layers[-1] if layers else ""

    def snippet(self, op: Any, changed: dict[int, Any]) -> str:
        """The smallest piece that is not explained, as a program."""
        shapes = [tuple(self.value(i, changed).shape) for i in op.inputs]
        arguments = ", ".join(f"torch.randn({shape}, dtype=torch.float64)" for shape in shapes)
        told = "# torch's operation whose output the Keras run never has; compare with what your code does here"
        return f"import torch\n{told}\nprint(torch.{op.name}({arguments}))"


def activation_names() -> frozenset[str]:
    from parity.frameworks.trials import ACTIVATION_NAMES

    return ACTIVATION_NAMES


def user_of(flow: Any, op: Any) -> str:
    """The first module whose forward takes what an operation makes, or what is made of that in the outermost forward."""
    reached = set(op.outputs)
    for later in flow.ops[op.index + 1 :]:
        if reached & set(later.inputs):
            if later.path:
                return str(later.path)
            reached |= set(later.outputs)
    return ""


def consumer_of(flow: Any, op: Any) -> str:
    """The leaf module that an operation belongs to, else the first one that what it makes is fed to."""
    leaves = [c for c in flow.calls if c.path and not any(c.module.children())]
    own = next((c.path for c in leaves if c.ops[0] <= op.index < c.ops[1]), op.path)
    if own:
        return str(own)
    reached = set(op.outputs)
    for later in flow.ops[op.index + 1 :]:
        if reached & set(later.inputs):
            call = next((c for c in leaves if c.ops[0] <= later.index < c.ops[1]), None)
            if call is not None:
                return str(call.path)
            reached |= set(later.outputs)
    return str(op.path) or "output"
