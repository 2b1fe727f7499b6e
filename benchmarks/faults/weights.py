"""The weights of a port carried over by hand: which Keras variable holds what of which torch parameters."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
from torch import nn

State = Mapping[str, np.ndarray]


class Link(NamedTuple):
    """A Keras variable, the torch parameters it is made of, and how. For gradients `value` is given gradients and `gradients=True`."""

    variable: Any
    names: tuple[str, ...]
    value: Callable[..., np.ndarray]


def at(root: Any, path: str) -> Any:
    """The layer or variable at a dotted path of names, attributes and indices; None where there is none."""
    found = root
    for part in path.split("."):
        if isinstance(found, (list, tuple)) or part.isdigit():
            if part.isdigit() and not isinstance(found, (list, tuple)):
                found = getattr(found, "layers", ())
            found = found[int(part)] if int(part) < len(found) else None
        elif hasattr(found, "get_layer") and any(layer.name == part for layer in getattr(found, "layers", ())):
            found = found.get_layer(part)
        else:
            found = getattr(found, part, None)
        if found is None:
            return None
    return found


def links(torch_model: nn.Module, keras_model: Any, layers: Mapping[str, Any]) -> Iterator[Link]:
    """What `layers` says, {torch path: Keras path}; a tuple (Keras path, change) changes the torch module's arrays first (a flatten seam);
    a list names the layers of a stacked recurrence. Keras layers that a fault left out are passed over."""
    for path, target in layers.items():
        change: Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]] = lambda state: state  # noqa: E731
        if isinstance(target, tuple):
            target, change = target
        module = torch_model.get_submodule(path) if path in dict(torch_model.named_modules()) else None
        if module is None:  # a bare parameter
            variable = at(keras_model, target)
            if variable is not None:
                yield Link(variable, (path,), lambda state, gradients=False, path=path, change=change: change({path: state[path]})[path])
            continue
        found = [at(keras_model, name) for name in target] if isinstance(target, list) else at(keras_model, target)
        if found is None:
            continue
        names = tuple(f"{path}.{name}" for name in module.state_dict())
        for variable, made in of_layer(module, found):

            def value(state: State, gradients: bool = False, made: Any = made, path: str = path, change: Any = change) -> np.ndarray:
                own = {name.removeprefix(path + "."): array for name, array in state.items() if name.startswith(path + ".")}
                return made(change(own), gradients)

            yield Link(variable, names, value)


def of_layer(module: nn.Module, layer: Any) -> Iterator[tuple[Any, Callable[[dict[str, np.ndarray], bool], np.ndarray]]]:
    """(Keras variable, its value from the module's arrays) of one pair of layers."""
    if isinstance(module, (nn.LSTM, nn.GRU, nn.RNN)):
        yield from of_recurrence(module, layer if isinstance(layer, list) else [layer])
    elif isinstance(module, nn.MultiheadAttention):
        yield from of_attention(module, layer)
    elif isinstance(module, nn.modules.batchnorm._BatchNorm):
        for keras_name, name in (("gamma", "weight"), ("beta", "bias"), ("moving_mean", "running_mean"), ("moving_variance", "running_var")):
            yield from whole(layer, keras_name, name, lambda array: array)
    elif isinstance(module, (nn.LayerNorm, nn.GroupNorm, nn.InstanceNorm2d)):
        for keras_name, name in (("gamma", "weight"), ("beta", "bias")):
            yield from whole(layer, keras_name, name, lambda array: array)
    elif isinstance(module, nn.Embedding):
        yield from whole(layer, "embeddings", "weight", lambda array: array)
    elif isinstance(module, nn.PReLU):
        yield from whole(layer, "alpha", "weight", lambda array: array)
    elif isinstance(module, nn.Linear):
        yield from whole(layer, "kernel", "weight", lambda array: array.T)
        yield from whole(layer, "bias", "bias", lambda array: array)
    elif isinstance(module, (nn.ConvTranspose1d, nn.ConvTranspose2d)):
        yield from whole(layer, "kernel", "weight", lambda array: np.moveaxis(array, (0, 1), (-1, -2)))
        yield from whole(layer, "bias", "bias", lambda array: array)
    elif isinstance(module, (nn.Conv1d, nn.Conv2d)):
        if isinstance(layer, keras.layers.DepthwiseConv2D):
            groups = module.groups
            yield from whole(layer, "kernel", "weight", lambda array: array.reshape(groups, -1, *array.shape[2:]).transpose(2, 3, 0, 1))
        else:
            yield from whole(layer, "kernel", "weight", lambda array: np.moveaxis(array, (0, 1), (-1, -2)))
        yield from whole(layer, "bias", "bias", lambda array: array)
    else:
        raise TypeError(f"no rule for {type(module).__name__}")


def whole(layer: Any, keras_name: str, name: str, convert: Callable[[np.ndarray], np.ndarray]) -> Iterator[Any]:
    """A Keras variable that is one torch array moved; a 1x1 kernel may be a Dense layer's."""
    variable = getattr(layer, keras_name, None)

    def value(state: dict[str, np.ndarray], gradients: bool) -> np.ndarray | None:
        if name not in state or state[name].size != int(np.prod(variable.shape)):
            return None
        return convert(state[name]).reshape(tuple(variable.shape))

    if variable is not None:
        yield variable, value


def of_recurrence(module: nn.RNNBase, layers: list[Any]) -> Iterator[Any]:
    units = module.hidden_size
    for index, layer in enumerate(layers):
        directions = [layer.forward_layer, layer.backward_layer] if isinstance(layer, keras.layers.Bidirectional) else [layer]
        for direction, suffix in zip(directions, ("", "_reverse"), strict=False):
            if direction is None:
                continue
            cell = getattr(direction, "cell", direction)
            order = (1, 0, 2) if isinstance(module, nn.GRU) else range({nn.LSTM: 4, nn.RNN: 1}.get(type(module), 1))

            def gates(array: np.ndarray, order: Any = order) -> np.ndarray:
                return np.concatenate([array[gate * units : (gate + 1) * units] for gate in order])

            end = f"_l{index}{suffix}"
            yield cell.kernel, lambda state, gradients, end=end, gates=gates: gates(state["weight_ih" + end]).T
            yield cell.recurrent_kernel, lambda state, gradients, end=end, gates=gates: gates(state["weight_hh" + end]).T
            if cell.bias is None or not module.bias:
                continue
            if isinstance(module, nn.GRU) and len(cell.bias.shape) == 2:
                yield cell.bias, lambda state, gradients, end=end, gates=gates: np.stack([gates(state["bias_ih" + end]), gates(state["bias_hh" + end])])
            else:  # one bias where torch adds two: each has the gradient of the one

                def both(state: dict[str, np.ndarray], gradients: bool, end: str = end, gates: Any = gates) -> np.ndarray:
                    return gates(state["bias_ih" + end] + (0 if gradients else state["bias_hh" + end]))

                yield cell.bias, both


def of_attention(module: nn.MultiheadAttention, layer: Any) -> Iterator[Any]:
    width = module.embed_dim
    for index, dense in enumerate((layer.query_dense, layer.key_dense, layer.value_dense)):
        rows = slice(index * width, (index + 1) * width)
        kernel, bias = dense.kernel, dense.bias
        yield kernel, lambda state, gradients, rows=rows, kernel=kernel: state["in_proj_weight"][rows].T.reshape(tuple(kernel.shape))
        if bias is not None:
            yield bias, lambda state, gradients, rows=rows, bias=bias: state["in_proj_bias"][rows].reshape(tuple(bias.shape))
    out = layer.output_dense
    yield out.kernel, lambda state, gradients: state["out_proj.weight"].T.reshape(tuple(out.kernel.shape))
    if out.bias is not None:
        yield out.bias, lambda state, gradients: state["out_proj.bias"]


def arrays(model: nn.Module) -> dict[str, np.ndarray]:
    return {name: tensor.detach().cpu().numpy() for name, tensor in model.state_dict().items()}


def copy_weights(torch_model: nn.Module, keras_model: Any, layers: Mapping[str, Any], change: Callable[[dict], dict] = dict) -> None:
    """Torch's weights into a built Keras model; `change` may change the arrays by torch's names on the way."""
    state = change(arrays(torch_model))
    for link in links(torch_model, keras_model, layers):
        value = link.value(state)
        if value is not None and value.shape == tuple(link.variable.shape):
            link.variable.assign(np.array(value, order="C"))


def flatten_seam(channels: int, height: int, width: int) -> Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]:
    """The columns of a Linear after torch's flatten of (c, h, w), for a Dense after Keras' flatten of (h, w, c)."""

    def change(state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        if "weight" not in state:
            return state
        weight = state["weight"]
        return {**state, "weight": weight.reshape(len(weight), channels, height, width).transpose(0, 2, 3, 1).reshape(len(weight), -1)}

    return change
