r"""Names that the notes misspell, look for in the wrong place, or that are old by now.

Shapes: a scalar weight; predictions and labels (n,).

Differs from PyTorch:
    Keras' word is `learning_rate`, PyTorch's `lr`: each refuses the other's. There is nothing to zero: a tape gives new gradients.
    torchvision still takes `pretrained=` and says that it is old; Keras' applications refuse it: `weights=None`, `"imagenet"` or a file, as torchvision's
    `weights=` by now. Neither has `Scale` or `RandomSizedCrop`: `Resize` is `keras.layers.Resizing`; `RandomResizedCrop` is no layer of Keras', so that
    the twin has one.

Source: the notes: `learning_rate=0.01`, `torch.nn.Adam`, `optimizer.zeor_grad()`, `Range(200)`, `forwad(input)`, `model.paramenters()`, `r.random.randn`;
`size_average=False`, `F.sigmoid`, `tensorboardX`; `models.vgg16(pretrained=True)`, `transforms.Scale`, `transforms.RandomSizedCrop`.
"""

import importlib

import keras
import numpy as np
from jaxtyping import Float
from keras import ops

from tf_impl.tensors._refusal import attempt
from tf_impl.transforms import RandomResizedCrop
from tf_impl.typing import Tensor


def misspelled() -> dict[str, bool | str | None]:
    """Each is tried, and then the right word."""
    optimizer, model = keras.optimizers.SGD(learning_rate=0.01), keras.layers.Dense(1)
    return {
        **attempt("learning_rate", lambda: keras.optimizers.SGD(learning_rate=0.01)),
        **attempt("lr", lambda: keras.optimizers.SGD(lr=0.01)),
        **attempt("adam_among_layers", lambda: keras.layers.Adam()),
        **attempt("adam_among_optimizers", lambda: keras.optimizers.Adam()),
        **attempt("zeor_grad", lambda: optimizer.zeor_grad()),
        **attempt("zero_grad", lambda: optimizer.zero_grad()),
        **attempt("paramenters", lambda: model.paramenters()),
        **attempt("range_with_capital", lambda: eval("Range(200)")),
        **attempt("forwad", lambda: eval("forwad(input)")),
        **attempt("random_of_random", lambda: np.random.random.randn(1000, 2, 3)),
    }


def old_names(prediction: Float[Tensor, " n"], labels: Float[Tensor, " n"]) -> dict[str, Tensor | bool | str | None]:
    """What the old words meant, in Keras' present ones."""
    summed = ops.sum(ops.square(prediction - labels))
    return {
        "size_average_false": summed,
        "reduction_sum": keras.losses.MeanSquaredError(reduction="sum")(labels[:, None], prediction[:, None]),
        "functional_sigmoid": ops.sigmoid(prediction),
        "sigmoid": keras.activations.sigmoid(prediction),
        **attempt("tensorboardx", lambda: importlib.import_module("tensorboardX")),
    }


def torchvision_names() -> dict[str, bool | str | int | None]:
    """The same words in Keras, and its own."""
    net, shape = keras.applications.MobileNet, (32, 32, 3)
    return {
        **attempt("pretrained", lambda: net(pretrained=False, alpha=0.25, input_shape=shape, include_top=False)),
        "pretrained_is_told_to_be_old": False,
        **attempt("weights", lambda: net(weights=None, alpha=0.25, input_shape=shape, include_top=False)),
        **attempt("scale", lambda: keras.layers.Scale(4)),
        **attempt("resize", lambda: keras.layers.Resizing(4, 4)),
        **attempt("random_sized_crop", lambda: keras.layers.RandomSizedCrop(4)),
        **attempt("random_resized_crop", lambda: RandomResizedCrop(4)),
    }
