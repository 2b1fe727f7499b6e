r"""The notes' networks and tests that do not run, run: what is raised, and the line that mends it.

Shapes: images (n, h, w, 3).

Differs from PyTorch:
    A Keras layer takes as many inputs as it is given first, so `Conv2D` and `Dense` never mismatch by themselves: the notes' DoubleConv runs.
    The twins, which are told their inputs, refuse as PyTorch does, and are used here.

Source: the notes, "Module直接构建" (`self.conv` for `conv1`), "Sequential构建" (1984 inputs; `.view` whose result is dropped), `super.__init__()`,
"Pytorch_已解决问题_1" (DoubleConv), `x_test = torch.tensor([[4, 0]])`, "torch.nn只支持小批量处理", "eval", PSPNet at 1/4 (the paper: 1/8).
"""

import keras
import tensorflow as tf
from jaxtyping import Float
from keras import ops

from tf_impl.layers import Conv2d, Flatten, Linear, MaxPool2d
from tf_impl.models.pspnet import PSPNet
from tf_impl.tensors._refusal import attempt
from tf_impl.typing import Tensor


def double_conv() -> dict[str, bool | str | list[int] | None]:
    """The second convolution takes what the first puts out."""
    image = ops.zeros((4, 160, 160, 3))

    def block(second_in: int, image: Tensor) -> Tensor:
        return ops.relu(Conv2d(second_in, 64, 3)(ops.relu(Conv2d(3, 64, 3)(image))))

    n, h, w, c = block(64, image[:1, :8, :9]).shape
    return {**attempt("notes", lambda: block(3, image)), "mended": [n, c, h, w]}


def networks(image: Float[Tensor, "n h w 3"]) -> dict[str, bool | str | list[int] | None]:
    """Attribute that is not there, a flattening that is thrown away, a constructor of the class `super`."""

    class Attribute(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = Conv2d(3, 32, 3, 1, 1)

        def call(self, x: Tensor) -> Tensor:
            return ops.max_pool(ops.relu(self.conv(x)), 2)

    class Dropped(keras.layers.Layer):
        def __init__(self, features: int, keep: bool) -> None:
            super().__init__()
            self.conv, self.pool = Conv2d(3, 32, 3, 1, 1), MaxPool2d(2, 1)
            self.dense, self.keep, self.flatten = Linear(features, 10), keep, Flatten()

        def call(self, x: Tensor) -> Tensor:
            out = self.pool(ops.relu(self.conv(x)))
            flat = self.flatten(out)
            return self.dense(flat if self.keep else out)

    class Super(keras.layers.Layer):
        def __init__(self) -> None:
            super.__init__()

    height, width = image.shape[1:3]
    return {
        **attempt("conv_for_conv1", lambda: Attribute()(image)),
        **attempt("view_dropped", lambda: Dropped(1984, keep=False)(image)),
        **attempt("inputs_1984", lambda: Dropped(1984, keep=True)(image)),
        **attempt("super_without_call", Super),
        "mended": list(Dropped(32 * (height - 1) * (width - 1), keep=True)(image).shape),
    }


def prediction_at_four() -> dict[str, bool | str | None]:
    """`x_test = [[4, 0]]` has two features, and integers; [[4.0]] was meant."""
    model = Linear(1, 1)
    return {
        **attempt("two_features", lambda: model(tf.constant([[4.0, 0.0]]))),
        **attempt("integers", lambda: model(tf.constant([[4]]))),
        **attempt("one_number", lambda: model(tf.constant([[4.0]]))),
    }


def mini_batches(image: Float[Tensor, "n h w 3"]) -> dict[str, bool | str | list[int] | None]:
    """ "Only mini-batches": an image without a batch axis, today. Keras' own layer."""
    layer = keras.layers.Conv2D(4, 3)
    return {**attempt("single_image", lambda: layer(image[0])), "with_unsqueeze": list(layer(image[0][None]).shape[1:3])}


def evaluation(x: Float[Tensor, "n d"]) -> dict[str, Tensor | bool]:
    """`training=False` changes layers; a tape records as before, and nothing is recorded without one."""
    w = tf.Variable(ops.ones((x.shape[1], 2), x.dtype))
    model = keras.layers.Dropout(0.5)
    with tf.GradientTape(persistent=True) as tape:
        output = model(ops.matmul(x, w), training=False)
        with tape.stop_recording():
            untracked = model(ops.matmul(x, w), training=False)
    return {
        "gradient_in_eval": tape.gradient(output, w),
        "dropout_off": bool(ops.all(output == ops.matmul(x, w))),
        "tracked_without_grad": tape.gradient(untracked, w) is not None,
    }


def pyramid_resolution(image: Float[Tensor, "n h w 3"]) -> dict[str, list[int]]:
    """How many input pixels to one of PSPNet's features, stage by stage: the pyramid sees 1/8, 1/4 is what stage 1 gives."""
    net = PSPNet(layers=(1, 1, 1, 1), width=4, hidden=8)
    found, x = {}, image
    for name in ("layer0", "layer1", "layer2", "layer3", "layer4"):
        x = getattr(net, name)(x)
        found[name] = [before // after for before, after in zip(image.shape[1:3], x.shape[1:3], strict=True)]
    return found
