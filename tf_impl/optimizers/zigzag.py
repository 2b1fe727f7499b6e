r"""A long valley: gradient descent zigzags from wall to wall, and what momentum and per-axis steps make of it.

$$ f(x, y) = \frac{x^2}{20} + y^2, \qquad \nabla f = \left(\frac{x}{10},\; 2y\right) $$

Shapes: start (2,), every path (steps + 1, 2); the valley (25, 33) over `along` and `across`.

Differs from PyTorch:
    Not, by the twins. The paths of Keras' own optimizers with these rates are 0.2 away for Adagrad, which begins its sum of squares at 0.1, 4e-5 for Adam (ε),
    2e-6 for RMSprop (ε), 8e-7 for momentum (a rate kept in float32), in float64.

Source: the notes, "SGD": 之-shaped paths, milder with momentum; the function and the rates of SGD, momentum, Adagrad and Adam are those of Saitoh 2016,
"Deep learning from scratch", 6.1.
"""

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.optimizers.adagrad import Adagrad as _Adagrad
from tf_impl.optimizers.adam import Adam as _Adam
from tf_impl.optimizers.rmsprop import RMSprop as _RMSprop
from tf_impl.optimizers.sgd import SGD as _SGD
from tf_impl.typing import Tensor

_DESCENTS = {
    "SGD": (_SGD, {"lr": 0.95}),
    "momentum": (_SGD, {"lr": 0.1, "momentum": 0.9}),
    "Adagrad": (_Adagrad, {"lr": 1.5}),
    "RMSprop": (_RMSprop, {"lr": 0.3, "alpha": 0.9}),
    "Adam": (_Adam, {"lr": 0.3}),
}
_VISIBLE = 1e-3  # smaller moves are no turn


def paths(start: Float[Tensor, "2"], steps: int = 30) -> dict[str, Tensor | int]:
    """The valley; where each optimizer goes, how often it turns between the walls, and how high it ends."""
    across, along = ops.linspace(-8.0, 8.0, 33), ops.linspace(-3.0, 3.0, 25)
    told: dict[str, Tensor | int] = {"across": across, "along": along, "valley": across**2 / 20 + along[:, None] ** 2}
    for name, (kind, config) in _DESCENTS.items():
        point = keras.Variable(ops.copy(start))  # on the torch backend a variable is the tensor it was given
        optimizer = kind(**config)
        path = [ops.copy(point.value)]
        for _ in range(steps):
            slope = ops.stack([point[0] / 10, 2 * point[1]])  # keras.ops has no gradient of its own
            optimizer.apply([slope], [point])
            path.append(ops.copy(point.value))
        told[name] = ops.stack(path)
        moves = ops.diff(told[name][:, 1])
        told[f"turns.{name}"] = int(ops.sum(ops.cast(moves[1:] * moves[:-1] < -(_VISIBLE**2), "int32")))
        told[f"height.{name}"] = path[-1][0] ** 2 / 20 + path[-1][1] ** 2
    return told
