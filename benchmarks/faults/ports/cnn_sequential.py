"""A small image classifier, Sequential on both sides; the flatten is put into torch's order by a Permute."""

import keras
import numpy as np
from torch import nn

from benchmarks.faults.building import as_trained, uniform
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights, flatten_seam


def build_torch():
    return as_trained(
        lambda: nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(8, 12, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(12, 16, 3),
            nn.Tanh(),
            nn.Flatten(),
            nn.Linear(96, 20),
            nn.ReLU(),
            nn.Dropout(0.25),
            nn.Linear(20, 7),
        )
    )


def build_keras(
    *,
    stem="padded",
    first="relu",
    second="relu",
    bias=True,
    pool="max",
    third="tanh",
    order=(3, 1, 2),
    fourth="relu",
    rate=0.25,
    last=None,
    bgr=False,
    scale=None,
):
    layers = [keras.Input((20, 16, 3))]
    if bgr:
        layers.append(keras.layers.Lambda(lambda x: x[..., ::-1], name="to_bgr"))
    if scale:
        layers.append(keras.layers.Rescaling(scale))
    if stem == "padded":
        layers += [keras.layers.ZeroPadding2D(1), keras.layers.Conv2D(8, 3, strides=2, name="stem")]
    else:
        layers.append(keras.layers.Conv2D(8, 3, strides=2, padding=stem, name="stem"))
    pooling = {"max": keras.layers.MaxPooling2D, "average": keras.layers.AveragePooling2D}[pool]
    layers += [
        keras.layers.Activation(first),
        keras.layers.Conv2D(12, 3, padding="same", activation=second, use_bias=bias, name="middle"),
        pooling(2),
        keras.layers.Conv2D(16, 3, activation=third, name="deep"),
        *([keras.layers.Permute(order)] if order else []),
        keras.layers.Flatten(),
        keras.layers.Dense(20, activation=fourth, name="hidden"),
        keras.layers.Dropout(rate),
        keras.layers.Dense(7, activation=last, name="logits"),
    ]
    return keras.Sequential(layers)


def inputs():
    return uniform(2, 3, 20, 16, seed=1)


LAYERS = {"0": "stem", "2": "middle", "5": "deep", "8": "hidden", "11": "logits"}


def load_without_reordering(torch_model, keras_model):
    copy_weights(torch_model, keras_model, LAYERS)


def load_with_kernels_turned(torch_model, keras_model):
    """(O, I, H, W) taken to (W, H, I, O)."""
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {k: v.swapaxes(2, 3) if v.ndim == 4 else v for k, v in s.items()})


def load_reordered_twice(torch_model, keras_model):
    copy_weights(torch_model, keras_model, {**LAYERS, "8": ("hidden", flatten_seam(16, 3, 2))})


def load_reshaped_kernel(torch_model, keras_model):
    """The second kernel reshaped to (3, 3, 8, 12) where it should be transposed."""
    copy_weights(torch_model, keras_model, LAYERS)
    kernel = torch_model[2].weight.detach().numpy()
    keras_model.get_layer("middle").kernel.assign(kernel.reshape(3, 3, 8, 12))


def load_without_biases(torch_model, keras_model):
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {k: np.zeros_like(v) if k == "5.bias" else v for k, v in s.items()})


FAULTS = [
    Fault("same_under_stride", "0", "padding", "padding='same' with stride 2 pads after, torch's padding=1 on both sides", {"stem": "same"}),
    Fault("relu_forgotten_after_stem", ("1", "0", "2"), "activation", "the ReLU after the first convolution is missing", {"first": "linear"}),
    Fault("stem_elu", ("1", "0"), "activation", "ELU for ReLU", {"first": "elu"}),
    Fault("middle_relu6", ("3", "2"), "activation", "leaky ReLU for ReLU", {"second": "leaky_relu"}),
    Fault("relu_forgotten_middle", ("3", "2", "4"), "activation", "no activation in the second convolution", {"second": None}),
    Fault("middle_bias_missing", "2", "bias", "use_bias=False where torch's convolution has a bias", {"bias": False}),
    Fault("average_pool", "4", "pooling", "average pooling for max pooling", {"pool": "average"}),
    Fault("sigmoid_for_tanh", ("6", "5"), "activation", "sigmoid for tanh", {"third": "sigmoid"}),
    Fault("tanh_forgotten", ("6", "5", "7", "8"), "activation", "the tanh is missing", {"third": None}),
    Fault("flatten_whc", ("7", "8"), "flatten", "the permutation before the flatten swaps height and width", {"order": (3, 2, 1)}),
    Fault("hidden_relu_forgotten", ("9", "8", "11"), "activation", "the hidden Dense has no ReLU", {"fourth": None}),
    Fault("softmax_at_the_end", ("11", "output"), "output", "a softmax on the outputs, which are logits in torch", {"last": "softmax"}),
    Fault("keep_probability", "10", "dropout", "dropout rate 0.75: the share kept, not the share dropped", {"rate": 0.75}, seen="dropout", training=True),
    Fault("bgr", ("input", "0"), "data", "channels in the order BGR", {"bgr": True}),
    Fault("scaled_twice", ("input", "0"), "data", "inputs divided by 255 again", {"scale": 1 / 255}),
    Fault("flatten_as_is", ("8", "7"), "flatten", "no permutation in the model, nor of the columns loaded", {"order": None}, load=load_without_reordering),
    Fault("columns_reordered_twice", "8", "weights", "columns permuted though the model permutes", load=load_reordered_twice),
    Fault("kernels_turned", ("0", "2", "5"), "weights", "kernels transposed with height and width swapped", load=load_with_kernels_turned),
    Fault("kernel_reshaped", "2", "weights", "a kernel reshaped instead of transposed", load=load_reshaped_kernel),
    Fault("bias_not_loaded", "5", "weights", "a bias left at zero by the loader", load=load_without_biases),
]
