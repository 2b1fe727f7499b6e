"""A tagger: two bidirectional GRU layers over feature vectors, a Dense at every step."""

import keras
import numpy as np
from torch import nn

from benchmarks.faults.building import as_trained, normal
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.project = nn.Linear(5, 6)
        self.gru = nn.GRU(6, 7, num_layers=2, batch_first=True, bidirectional=True, dropout=0.3)
        self.norm = nn.LayerNorm(14)
        self.tag = nn.Linear(14, 4)

    def forward(self, x):
        x = nn.functional.silu(self.project(x))
        x, _ = self.gru(x)
        return self.tag(self.norm(x)).log_softmax(-1)


def build_torch():
    return as_trained(Tagger, seed=10)


def build_keras(
    *,
    enter="silu",
    merge=("concat", "concat"),
    reset_after=True,
    backward_left=False,
    activations=("tanh", "sigmoid"),
    between=0.3,
    norm_axis=-1,
    epsilon=1e-5,
    norm=True,
    center=True,
    end="log_softmax",
    halves_swapped=False,
):
    x = inputs = keras.Input((8, 5))
    x = keras.layers.Dense(6, activation=enter, name="enter")(x)
    for index in range(2):
        options = {"return_sequences": True, "reset_after": reset_after, "activation": activations[0], "recurrent_activation": activations[1]}
        forward = keras.layers.GRU(7, name=f"ahead_{index}", **options)
        backward = keras.layers.GRU(7, name=f"back_{index}", go_backwards=True, **options)
        if backward_left:  # two layers side by side, the second one's outputs left in its own order of time
            x = keras.layers.Concatenate(name=f"pair_{index}")([forward(x), backward(x)])
        else:
            x = keras.layers.Bidirectional(forward, backward_layer=backward, merge_mode=merge[index], name=f"both_{index}")(x)
        if merge[index] != "concat":
            x = keras.layers.Concatenate()([x, x])
        if halves_swapped and index == 0:
            x = keras.layers.Lambda(lambda x: keras.ops.concatenate([x[..., 7:], x[..., :7]], -1))(x)
        if index == 0:
            x = keras.layers.Dropout(between)(x)
    if norm:
        x = keras.layers.LayerNormalization(axis=norm_axis, epsilon=epsilon, center=center, name="level")(x)
    x = keras.layers.Dense(4, name="label")(x)
    ends = {"log_softmax": keras.ops.log_softmax, "softmax": keras.ops.softmax, "over_time": lambda x: keras.ops.log_softmax(x, axis=1), None: lambda x: x}
    return keras.Model(inputs, ends[end](x))


def inputs():
    return normal(3, 8, 5, seed=11)


LAYERS = {"project": "enter", "gru": ["both_0", "both_1"], "norm": "level", "tag": "label"}


def load_with(change):
    return lambda torch_model, keras_model: copy_weights(torch_model, keras_model, LAYERS, change)


def gates(state, order):
    return {name: np.concatenate([a[7 * g : 7 * g + 7] for g in order]) if name.startswith("gru.") else a for name, a in state.items()}


def directions_swapped(state):
    other = {name: name.removesuffix("_reverse") if name.endswith("_reverse") else name + "_reverse" for name in state if name.startswith("gru.")}
    return {name: state[other.get(name, name)] for name in state}


def layers_confused(state):
    """The second layer's recurrent weights loaded into the first too."""
    return {name: state[name.replace("_l0", "_l1")] if name.startswith("gru.weight_hh_l0") else array for name, array in state.items()}


def biases_swapped(state):
    return {
        name: state[name.replace("_ih_", "_xx_").replace("_hh_", "_ih_").replace("_xx_", "_hh_")] if "gru.bias" in name else array
        for name, array in state.items()
    }


NEAR = ("gru", "norm")
FAULTS = [
    Fault("relu_for_silu", ("project", "gru"), "activation", "ReLU for SiLU", {"enter": "relu"}),
    Fault("silu_forgotten", ("project", "gru"), "activation", "no activation after the projection", {"enter": None}),
    Fault("merge_sum", NEAR, "merge", "the last layer's directions added (and doubled to fit)", {"merge": ("concat", "sum")}),
    Fault("merge_average", NEAR, "merge", "the first layer's directions averaged", {"merge": ("ave", "concat")}),
    Fault("reset_before", "gru", "gru variant", "reset_after=False: the reset gate before the recurrent product", {"reset_after": False}),
    Fault("relu_cell", "gru", "activation", "activation='relu' for tanh", {"activations": ("relu", "sigmoid")}),
    Fault("hard_sigmoid_gates", "gru", "activation", "hard sigmoid in the gates", {"activations": ("tanh", "hard_sigmoid")}),
    Fault("halves_swapped", "gru", "merge", "backward first, forward second after the first layer", {"halves_swapped": True}),
    Fault("norm_over_time", "norm", "axis", "LayerNormalization over time and features", {"norm_axis": (1, 2)}),
    Fault("norm_epsilon", "norm", "epsilon", "LayerNormalization's default epsilon 1e-3", {"epsilon": 1e-3}),
    Fault("norm_forgotten", ("norm", "tag"), "norm", "no LayerNorm", {"norm": False}),
    Fault("norm_without_beta", "norm", "bias", "center=False where torch has a bias", {"center": False}),
    Fault("softmax_without_log", ("output", "tag"), "output", "softmax where torch gives log_softmax", {"end": "softmax"}),
    Fault("softmax_over_time", ("output", "tag"), "axis", "log_softmax over time", {"end": "over_time"}),
    Fault("logits", ("output", "tag"), "output", "log_softmax forgotten", {"end": None}),
    Fault("dropout_between", "gru", "dropout", "dropout 0.5 between the layers for 0.3", {"between": 0.5}, seen="dropout", training=True),
    Fault("gates_in_torch_order", "gru", "weights", "gates loaded as r, z, n where Keras has z, r, h", load=load_with(lambda s: gates(s, (1, 0, 2)))),
    Fault("directions_swapped", "gru", "weights", "forward and backward weights swapped", load=load_with(directions_swapped)),
    Fault("layers_confused", "gru", "weights", "the second layer's recurrent kernels loaded into the first", load=load_with(layers_confused)),
    Fault("biases_swapped", "gru", "weights", "input and recurrent bias swapped", load=load_with(biases_swapped)),
]
