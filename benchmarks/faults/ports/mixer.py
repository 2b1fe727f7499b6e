"""An MLP-mixer: patches, mixing over tokens by permuting, mixing over channels; GELU in its tanh form on both sides."""

import keras
from keras import layers, ops
from torch import nn

from benchmarks.faults.building import as_trained, normal
from benchmarks.faults.port import Fault

TOLERANCE = 1e-7  # TensorFlow keeps the constants of the tanh form in float32
PATCHES, WIDTH = 12, 10


class Mlp(nn.Sequential):
    def __init__(self, width, hidden):
        super().__init__(nn.Linear(width, hidden), nn.GELU(approximate="tanh"), nn.Linear(hidden, width))


class MixerLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln1 = nn.LayerNorm(WIDTH)
        self.tokens = Mlp(PATCHES, 14)
        self.ln2 = nn.LayerNorm(WIDTH)
        self.channels = Mlp(WIDTH, 18)

    def forward(self, x):
        x = x + self.tokens(self.ln1(x).transpose(1, 2)).transpose(1, 2)
        return x + self.channels(self.ln2(x))


class Mixer(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(2 * 4 * 4, WIDTH)
        self.layers = nn.ModuleList(MixerLayer() for _ in range(2))
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, 5)

    def forward(self, x):
        b, c, h, w = x.shape
        x = x.reshape(b, c, h // 4, 4, w // 4, 4).permute(0, 2, 4, 1, 3, 5).reshape(b, PATCHES, -1)
        x = self.embed(x)
        for layer in self.layers:
            x = layer(x)
        return self.head(self.norm(x).mean(1))


def build_torch():
    return as_trained(Mixer, seed=38)


def mlp(x, hidden, name, gelu="tanh"):
    width = x.shape[-1]
    x = layers.Dense(hidden, name=f"{name}_in")(x)
    act = {
        "tanh": lambda x: ops.gelu(x, approximate=True),
        "exact": lambda x: ops.gelu(x, approximate=False),
        "relu": ops.relu,
        "silu": ops.silu,
        "none": lambda x: x,
    }
    return layers.Dense(width, name=f"{name}_out")(act[gelu](x))


def mix(
    x, index, *, epsilon=1e-5, gelu="tanh", channel_gelu="tanh", token_residual=True, residual=True, norm2_of="sum", swap=False, norm1_axis=-1, detach=False
):
    def over_tokens(x):
        y = layers.LayerNormalization(epsilon=epsilon, axis=norm1_axis, name=f"ln{index}_a")(x)
        y = layers.Permute((2, 1))(mlp(layers.Permute((2, 1))(y), 14, f"tokens{index}", gelu))
        y = ops.stop_gradient(y) if detach else y
        return layers.Add()([x, y]) if token_residual else y

    def over_channels(x, entered):
        y = layers.LayerNormalization(epsilon=1e-5, name=f"ln{index}_b")(entered)
        y = mlp(y, 18, f"channels{index}", channel_gelu)
        return layers.Add()([x, y]) if residual else y

    if swap:
        return over_tokens(over_channels(x, x))
    mixed = over_tokens(x)
    return over_channels(mixed, mixed if norm2_of == "sum" else x)


def patches(x, how):
    x = ops.reshape(x, (-1, 3, 4, 4, 4, 2))  # rows, in a patch, columns, in a patch, channels
    if how == "channels_last":
        return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, PATCHES, 32))
    if how == "columns_first":
        return ops.reshape(ops.transpose(x, (0, 3, 1, 5, 2, 4)), (-1, PATCHES, 32))
    if how == "turned":
        return ops.reshape(ops.transpose(x, (0, 1, 3, 5, 4, 2)), (-1, PATCHES, 32))
    if how == "not_transposed":
        return ops.reshape(x, (-1, PATCHES, 32))
    return ops.reshape(ops.transpose(x, (0, 1, 3, 5, 2, 4)), (-1, PATCHES, 32))


def build_keras(*, how="torch", first=None, second=None, norm=True, pool="mean", last=None, order="norm_first"):
    image = keras.Input((12, 16, 2))
    x = layers.Dense(WIDTH, name="patch_embedding")(patches(image, how))
    x = mix(x, 0, **(first or {}))
    x = mix(x, 1, **(second or {}))
    final = layers.LayerNormalization(epsilon=1e-5, name="final_norm") if norm else layers.Identity()
    if pool == "flat_first":
        x = final(x)[:, 0]
    elif order == "norm_first":
        x = {"mean": layers.GlobalAveragePooling1D, "max": layers.GlobalMaxPooling1D}[pool]()(final(x))
    else:
        x = final(layers.GlobalAveragePooling1D()(x))
    return keras.Model(image, layers.Dense(5, activation=last, name="answer")(x))


def inputs():
    return normal(2, 2, 12, 16, seed=39)


LAYERS = {"embed": "patch_embedding", "norm": "final_norm", "head": "answer"}
for index in range(2):
    LAYERS |= {f"layers.{index}.ln1": f"ln{index}_a", f"layers.{index}.ln2": f"ln{index}_b"}
    for part in ("tokens", "channels"):
        LAYERS |= {f"layers.{index}.{part}.0": f"{part}{index}_in", f"layers.{index}.{part}.2": f"{part}{index}_out"}


def gelu_of(index, part):
    return (f"layers.{index}.{part}.1", f"layers.{index}.{part}.0", f"layers.{index}.{part}", f"layers.{index}.{part}.2")


FAULTS = [
    Fault(
        "patches_channels_last",
        ("embed", "input"),
        "axes",
        "patches flattened as (row, column, channel), torch has (channel, row, column)",
        {"how": "channels_last"},
    ),
    Fault("patches_by_column", ("embed", "input"), "axes", "patches counted by columns", {"how": "columns_first"}),
    Fault("patches_turned", ("embed", "input"), "axes", "each patch turned: height and width swapped", {"how": "turned"}),
    Fault("patches_not_transposed", ("embed", "input"), "axes", "reshaped without transposing", {"how": "not_transposed"}),
    Fault("gelu_exact", gelu_of(0, "tokens"), "gelu", "the exact GELU for its tanh form", {"first": {"gelu": "exact"}}),
    Fault("relu_for_gelu", gelu_of(1, "channels"), "activation", "ReLU for GELU", {"second": {"channel_gelu": "relu"}}),
    Fault("silu_for_gelu", gelu_of(1, "tokens"), "activation", "SiLU for GELU", {"second": {"gelu": "silu"}}),
    Fault("gelu_forgotten", gelu_of(0, "channels"), "activation", "no GELU", {"first": {"channel_gelu": "none"}}),
    Fault("epsilon", "layers.0.ln1", "epsilon", "Keras' default epsilon 1e-3", {"first": {"epsilon": 1e-3}}),
    Fault("epsilon_small", "layers.1.ln1", "epsilon", "epsilon 1e-6", {"second": {"epsilon": 1e-6}}),
    Fault(
        "token_residual",
        ("layers.0", "layers.0.tokens", "layers.0.ln2"),
        "residual",
        "no shortcut around the token mixing",
        {"first": {"token_residual": False}},
    ),
    Fault("channel_residual", ("layers.1", "layers.1.channels", "norm"), "residual", "no shortcut around the channel mixing", {"second": {"residual": False}}),
    Fault("norm_of_input", ("layers.1.ln2", "layers.1"), "order", "the second norm takes the layer's input", {"second": {"norm2_of": "input"}}),
    Fault("mixed_in_other_order", ("layers.0", "layers.0.ln1", "layers.0.ln2"), "order", "channels mixed before tokens", {"first": {"swap": True}}),
    Fault(
        "tokens_detached",
        ("layers.1", "layers.1.tokens", "layers.1.ln2"),
        "gradient",
        "stop_gradient on the token mixing",
        {"second": {"detach": True}},
        seen="grad",
    ),
    Fault("final_norm_forgotten", ("norm", "head"), "norm", "no final norm", {"norm": False}),
    Fault("max_pool", ("head", "norm"), "pooling", "the maximum over tokens", {"pool": "max"}),
    Fault("first_token", ("head", "norm"), "time step", "the first token", {"pool": "flat_first"}),
    Fault("normed_after_pooling", ("norm", "head"), "order", "pooled first, normed after", {"order": "pool_first"}),
    Fault("softmax_at_the_end", ("head", "output"), "output", "a softmax on the logits", {"last": "softmax"}),
]
