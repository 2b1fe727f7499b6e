"""Clipping gradients, by value and by the norm of all of them together, with PyTorch's formula."""

import math
from typing import Any

import keras
from jaxtyping import Float, Int
from keras import ops

from tf_impl.optimizers._pytorch import _dense
from tf_impl.typing import Tensor


def clip_grad_norm_(
    parameters: list, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Float[Tensor, ""]:
    r"""Shrinks all gradients by one factor so that their common norm is at most `max_norm`. Returns the norm from before.

    $$ g_i \leftarrow g_i \cdot \min\!\left(1, \frac{c}{\lVert g \rVert_p + 10^{-6}}\right),\quad
       \lVert g \rVert_p = \big\lVert (\lVert g_1 \rVert_p, \lVert g_2 \rVert_p, \dots) \big\rVert_p $$

    Args:
        parameters: the gradients: a list, whose entries are replaced, because a Keras variable keeps no gradient. `None` entries are left out.
        max_norm: c.
        norm_type: p, also infinite.
        error_if_nonfinite: refuse a norm that is infinite or no number.
        foreach: accepted for PyTorch's sake; it chooses between implementations.

    Shapes:
        any; the norm is a number.

    Raises:
        ValueError: `parameters` is no list; a norm that is not finite under `error_if_nonfinite`, which cannot be asked for in a compiled function.

    Differs from PyTorch:
        Keras' `clipnorm` clips each variable by itself: gradients of norm 5 and 1 both come out as 1, here as 0.98 and 0.20. Its `global_clipnorm` has no
        10⁻⁶ in the denominator: equal to 1e-7. Where one gradient is infinite, it makes all of them NaN; here the finite ones become 0.
        TensorFlow's norm counts repeated rows of an embedding's gradient (`IndexedSlices`) one by one, here they are summed first: a row looked up three
        times has √3 instead of 3 times its norm there. PyTorch itself refuses sparse gradients.

    Source: Pascanu et al. 2012, "On the difficulty of training recurrent neural networks", arXiv:1211.5063.
    """
    norm = get_total_norm(parameters, norm_type, error_if_nonfinite)
    clip_grads_with_norm_(parameters, max_norm, norm)
    return norm


def clip_grads_with_norm_(parameters: list, max_norm: float, total_norm: Float[Tensor, ""], foreach: bool | None = None) -> None:
    """Shrinks all gradients by the factor that a known norm asks for; see `clip_grad_norm_`."""
    share = ops.minimum(float(max_norm) / (total_norm + 1e-6), 1.0)
    _replace(parameters, lambda gradient: gradient * ops.cast(share, gradient.dtype))


def clip_grad_value_(parameters: list, clip_value: float, foreach: bool | None = None) -> None:
    r"""Cuts every element of the gradients off.

    $$ g \leftarrow \min(\max(g, -c), c) $$

    Args:
        parameters: the gradients: a list, whose entries are replaced.
        clip_value: c.
        foreach: accepted for PyTorch's sake; it chooses between implementations.

    Differs from PyTorch:
        Not. Keras' `clipvalue` is the same for dense gradients.
    """
    _replace(parameters, lambda gradient: ops.clip(gradient, -float(clip_value), float(clip_value)))


def get_total_norm(tensors: list, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None) -> Float[Tensor, ""]:
    """The norm of the norms; see `clip_grad_norm_`."""
    norms = [_norm(_dense(tensor), float(norm_type)) for tensor in tensors if tensor is not None]
    if not norms:
        return ops.zeros(())
    total = _norm(ops.stack(norms), float(norm_type))
    if error_if_nonfinite:
        try:
            value = float(ops.convert_to_numpy(total))
        except Exception as error:  # a traced value has no number yet; every backend says so in its own way
            raise ValueError(
                "`error_if_nonfinite` needs the norm's value, which a compiled function does not have: call it outside, or leave it out."
            ) from error
        if not math.isfinite(value):
            raise ValueError(
                f"The norm of order {norm_type} of the gradients is {value}: they cannot be clipped. `error_if_nonfinite=False` scales them anyway."
            )
    return total


def clipped_by_norm(gradients: tuple[Float[Tensor, "..."], ...], max_norm: float, norm_type: float = 2.0) -> dict[str, Tensor]:
    """What is left of gradients, and their norm: at once, and in two steps."""
    clipped, again = list(gradients), list(gradients)
    norm = clip_grad_norm_(clipped, max_norm, norm_type)
    clip_grads_with_norm_(again, max_norm, get_total_norm(again, norm_type))
    return {"norm": norm} | _named("gradient", clipped) | _named("in_two_steps", again)


def clipped_by_value(gradients: tuple[Float[Tensor, "..."], ...], clip_value: float) -> dict[str, Tensor]:
    """What is left of gradients."""
    clipped = list(gradients)
    clip_grad_value_(clipped, clip_value)
    return _named("gradient", clipped)


def clipped_by_optimizer(gradients: tuple[Float[Tensor, "..."], ...], max_norm: float) -> dict[str, Tensor]:
    """A step with learning rate 1 from zero, by the framework's own means: `global_clipnorm`."""
    variables = [keras.Variable(ops.zeros_like(gradient)) for gradient in gradients]
    keras.optimizers.SGD(learning_rate=1.0, global_clipnorm=max_norm).apply(list(gradients), variables)
    return _named("step", [ops.convert_to_tensor(variable) for variable in variables])


def repeated_rows(table: Float[Tensor, "n d"], ids: Int[Tensor, "..."], max_norm: float) -> dict[str, Tensor]:
    """The gradient of ½‖looked-up rows‖², rows looked up several times, clipped; and the framework's own norm of it."""
    import tensorflow as tf  # IndexedSlices are TensorFlow's own

    with tf.GradientTape() as tape:
        tape.watch(table)
        loss = tf.reduce_sum(tf.gather(table, ids) ** 2) / 2
    slices = tape.gradient(loss, table)
    gradients = [slices]
    norm = clip_grad_norm_(gradients, max_norm)
    return {"norm": norm, "own_norm": tf.linalg.global_norm([slices]), "gradient": gradients[0]}


def overflow(gradients: tuple[Float[Tensor, "..."], ...], max_norm: float) -> dict[str, str | bool]:
    """What becomes of gradients that are not finite; whether `error_if_nonfinite` raises; what the framework's own means make of them."""
    clipped = clipped_by_norm(gradients, max_norm)
    try:
        clip_grad_norm_(list(gradients), max_norm, error_if_nonfinite=True)
        raises = False
    except ValueError:
        raises = True
    of_optimizer = clipped_by_optimizer(gradients, max_norm)
    told = {name: value for name, value in clipped.items() if not name.startswith("in_two_steps")} | of_optimizer
    return {name: _written(value) for name, value in told.items()} | {"raises": raises}


def _norm(x: Tensor, order: float) -> Tensor:
    x = ops.abs(x)
    if math.isinf(order):
        return ops.max(x) if order > 0 else ops.min(x)
    if order == 0:
        return ops.sum(ops.cast(x != 0, x.dtype))
    if order == 2:
        return ops.sqrt(ops.sum(ops.square(x)))
    return ops.power(ops.sum(ops.power(x, order)), 1 / order)


def _replace(gradients: list, clip: Any) -> None:
    if not isinstance(gradients, list):
        raise ValueError(f"`parameters` must be a list of gradients, whose entries are replaced, got {type(gradients).__name__}.")
    for i, gradient in enumerate(gradients):
        if gradient is not None:
            gradients[i] = clip(_dense(gradient))


def _named(name: str, gradients: list) -> dict[str, Tensor]:
    return {f"{name}.{i}": gradient for i, gradient in enumerate(gradients)}


def _written(tensor: Tensor) -> str:
    """Numbers to three digits, with their infinities; the sign of a zero is left out."""
    return " ".join(f"{value + 0.0:.3g}" for value in ops.convert_to_numpy(tensor).ravel().tolist())
