r"""Watched tensors, trainable variables and the graph behind a result.

There is a graph to look at only inside `tf.function`: z = mean(3 (x + 2)²) is traced, and its operations are listed from the result back.

Shapes: x and the intermediate gradient the same, any.

Differs from PyTorch:
    `tape.watch(x)` is `x.requires_grad_()`; variables are watched because they are `trainable`, as parameters require gradients by themselves.
    Any intermediate tensor can be asked for its gradient; PyTorch keeps it only after `retain_grad()`. "Leaf" is "watched, not computed".
    An eager tensor does not know what it came from: it has no `grad_fn`.
    Integers: PyTorch raises, TensorFlow logs a warning and the gradient is None.

Source: the notes, "计算图 Computational graph" and "自动求导" (requires_grad False, then True; grad_fn).
"""

from collections.abc import Callable

import tensorflow as tf
from jaxtyping import Float

from tf_impl.tensors._refusal import attempt
from tf_impl.typing import Tensor


def leaf_and_graph(x: Float[Tensor, "..."]) -> dict[str, Tensor | bool | list[str] | str | None]:
    """Who is a leaf, who gets a gradient, and what was recorded."""
    variable = tf.Variable(x)
    with tf.GradientTape(persistent=True) as tape:
        of_constants = x * 3
        of_one_variable = x * variable
    told = {
        "constant_tracked": tape.gradient(of_constants, x) is not None,
        "parameter_tracked": tape.gradient(of_one_variable, variable) is not None,
        "result_of_constants_tracked": tape.gradient(of_constants, variable) is not None,
        "result_of_one_parameter_tracked": tape.gradient(of_one_variable, variable) is not None,
        "parameter_is_leaf": isinstance(variable, tf.Variable),
        "result_is_leaf": isinstance(of_one_variable, tf.Variable),
    }
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x + 2
        z = y * y * 3
        out = tf.reduce_mean(z)
    told["after_asking_tracked"] = tape.gradient(out, x) is not None
    told["operations"] = _operations(tf.function(lambda x: tf.reduce_mean((x + 2) * (x + 2) * 3)), x)
    told |= attempt("integers", _watch_integers)
    return {"leaf_gradient": tape.gradient(out, x), "intermediate_gradient": tape.gradient(out, y), **told}


def _operations(function: Callable, x: Tensor) -> list[str]:
    """Types from the result back, along the first input."""
    operation = function.get_concrete_function(x).outputs[0].op
    names = [operation.type]
    while operation.inputs:
        operation = operation.inputs[0].op
        names.append(operation.type)
    return names


def _watch_integers() -> None:
    logger = tf.get_logger()
    level = logger.level
    logger.setLevel("ERROR")  # the warning would be printed at every run
    try:
        with tf.GradientTape() as tape:
            tape.watch(tf.range(3))
    finally:
        logger.setLevel(level)
