"""A tiny Conformer over spectrograms of several lengths: strided convolutions, half-step feed-forwards, attention, gated convolutions, nested in Keras."""

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal, tokens
from benchmarks.faults.own import TorchAdam, TorchAdamW, UnbiasedNorm
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

LENGTHS, BANDS = (46, 33, 39, 21, 28), 14
WIDTH, HEADS, INNER, KERNEL, CLASSES = 32, 2, 40, 5, 9
RATE, NOT_A_FRAME = 0.1, -1


def sinusoids(frames, interleaved=True):
    angles = np.arange(frames)[:, None] / 10000 ** (np.arange(0, WIDTH, 2) / WIDTH)
    pair = [np.sin(angles), np.cos(angles)]
    return (np.stack(pair, -1).reshape(frames, WIDTH) if interleaved else np.concatenate(pair, -1)).astype("float32")


class Subsampling(nn.Module):
    """A quarter of the frames, and which of them are not padding."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(8, 5, 3, stride=2, padding=1)
        self.linear = nn.Linear(5 * 4, WIDTH)

    def forward(self, spectrogram, lengths):
        x = F.relu(self.conv2(F.relu(self.conv1(spectrogram.unsqueeze(1)))))
        x = self.linear(x.transpose(1, 2).flatten(2))
        for _ in range(2):
            lengths = (lengths - 1) // 2 + 1
        real = torch.arange(x.shape[1], device=x.device) < lengths[:, None]
        return x + torch.from_numpy(sinusoids(x.shape[1])).to(x), real


def feed_forward():
    return nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, INNER), nn.SiLU(), nn.Linear(INNER, WIDTH), nn.Dropout(RATE))


class SelfAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(WIDTH)
        self.heads = nn.MultiheadAttention(WIDTH, HEADS, bias=False, batch_first=True)
        self.drop = nn.Dropout(RATE)

    def forward(self, x, real):
        x = self.norm(x)
        return self.drop(self.heads(x, x, x, key_padding_mask=~real, need_weights=False)[0])


class ConvModule(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(WIDTH)
        self.pointwise1 = nn.Conv1d(WIDTH, 2 * WIDTH, 1)
        self.depthwise = nn.Conv1d(WIDTH, WIDTH, KERNEL, padding=KERNEL // 2, groups=WIDTH, bias=False)
        self.batch_norm = nn.BatchNorm1d(WIDTH)
        self.pointwise2 = nn.Conv1d(WIDTH, WIDTH, 1)
        self.drop = nn.Dropout(RATE)

    def forward(self, x, real):
        x = F.glu(self.pointwise1(self.norm(x).transpose(1, 2)), dim=1)
        x = self.depthwise(x.masked_fill(~real[:, None, :], 0.0))
        x = F.silu(self.batch_norm(x))
        return self.drop(self.pointwise2(x).transpose(1, 2))


class ConformerBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.ff1 = feed_forward()
        self.attention = SelfAttention()
        self.conv = ConvModule()
        self.ff2 = feed_forward()
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, x, real):
        x = x + 0.5 * self.ff1(x)
        x = x + self.attention(x, real)
        x = x + self.conv(x, real)
        return self.norm(x + 0.5 * self.ff2(x))


class Conformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.subsampling = Subsampling()
        self.blocks = nn.ModuleList([ConformerBlock(), ConformerBlock()])
        self.classifier = nn.Linear(WIDTH, CLASSES)

    def forward(self, spectrogram, lengths):
        x, real = self.subsampling(spectrogram, lengths)
        for block in self.blocks:
            x = block(x, real)
        return self.classifier(x)


def build_torch():
    return as_trained(Conformer, seed=731)


def layer_norm(x, name, epsilon=1e-5):
    return layers.LayerNormalization(epsilon=epsilon, name=f"{name}_norm")(x)


def frontend(spectrogram, *, entry="padded", flatten="channels_first", interleaved=True):
    """Frames of features; time and bands are the image's height and width."""
    x = layers.Reshape((*spectrogram.shape[1:], 1))(spectrogram)
    if entry == "same":
        x = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu", name="shrink_a")(x)
    else:
        x = layers.Conv2D(8, 3, strides=2, activation="relu", name="shrink_a")(layers.ZeroPadding2D(1)(x))
    x = layers.Conv2D(5, 3, strides=2, activation="relu", name="shrink_b")(layers.ZeroPadding2D(1)(x))
    if flatten == "channels_first":
        x = layers.Permute((1, 3, 2))(x)
    x = layers.Dense(WIDTH, name="embed")(layers.Reshape((x.shape[1], -1))(x))
    return x + sinusoids(x.shape[1], interleaved)


def half_step(x, name, *, share=0.5, of="branch"):
    """With its residual, as are the other branches; keywords are the mistakes."""
    y = layers.Dense(INNER, activation="silu", name=f"{name}_expand")(layer_norm(x, name))
    y = layers.Dropout(RATE)(layers.Dense(WIDTH, name=f"{name}_shrink")(y))
    return share * (x + y) if of == "sum" else x + share * y


def attend(x, there, *, heads=HEADS, mask="keys", residual="input", detach=False, drop="branch"):
    entered = layer_norm(x, "attend")
    mask = {"keys": there[:, None, :], "queries": there[:, :, None], None: None}[mask]
    value = ops.stop_gradient(entered) if detach else entered
    found = layers.MultiHeadAttention(heads, WIDTH // heads, use_bias=False, name="attend")(entered, value, key=entered, attention_mask=mask)
    start = entered if residual == "normed" else x
    return layers.Dropout(RATE)(start + found) if drop == "sum" else start + layers.Dropout(RATE)(found)


def convolve(x, there, *, gate="second", silent=True, order="norm_first", momentum=0.9):
    linear, opening = ops.split(layers.Dense(2 * WIDTH, name="widen")(layer_norm(x, "convolve")), 2, axis=-1)
    y = ops.sigmoid(linear) * opening if gate == "first" else linear * ops.sigmoid(opening)
    if silent:
        y = y * ops.cast(there, y.dtype)[:, :, None]
    y = layers.DepthwiseConv1D(KERNEL, padding="same", use_bias=False, name="along")(y)
    standardise = UnbiasedNorm(epsilon=1e-5, momentum=momentum, name="standardise")
    y = ops.silu(standardise(y)) if order == "norm_first" else standardise(ops.silu(y))
    return x + layers.Dropout(RATE)(layers.Conv1D(WIDTH, 1, name="narrow")(y))


def stage(frames, name, *, enter=None, attention=None, convolution=None, leave=None, convolve_first=False):
    given, there = keras.Input((frames, WIDTH)), keras.Input((frames,), dtype="bool")
    x = half_step(given, "enter", **(enter or {}))
    if convolve_first:
        x = attend(convolve(x, there, **(convolution or {})), there, **(attention or {}))
    else:
        x = convolve(attend(x, there, **(attention or {})), there, **(convolution or {}))
    return keras.Model([given, there], layer_norm(half_step(x, "leave", **(leave or {})), "last"), name=name)


def build_keras(*, front=None, first=None, second=None, frames="ceiling"):
    spectrogram, lengths = keras.Input((LENGTHS[0], BANDS)), keras.Input((), dtype="int64")
    x = frontend(spectrogram, **(front or {}))
    left = lengths // 4 if frames == "floor" else (lengths + 3) // 4
    there = left[:, None] > np.arange(x.shape[1])
    for name, switches in (("stage_a", first), ("stage_b", second)):
        x = stage(x.shape[1], name, **(switches or {}))([x, there])
    return keras.Model((spectrogram, lengths), layers.Dense(CLASSES, name="phones")(x))


def inputs():
    spectrogram = normal(len(LENGTHS), LENGTHS[0], BANDS, seed=732)
    for row, length in enumerate(LENGTHS):
        spectrogram[row, length:] = 0
    return spectrogram, np.array(LENGTHS)


def targets():
    frames = tokens(len(LENGTHS), -(-LENGTHS[0] // 4), below=CLASSES, seed=733)
    for row, length in enumerate(LENGTHS):
        frames[row, -(-length // 4) :] = NOT_A_FRAME
    return frames


def keras_loss():
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=NOT_A_FRAME)


HYPER = {"learning_rate": 2e-3, "beta_2": 0.98, "epsilon": 1e-9}
LOSS = (lambda output, target: F.cross_entropy(output.transpose(1, 2), target, ignore_index=NOT_A_FRAME), keras_loss)
OPTIMIZER = (
    lambda parameters: torch.optim.AdamW(parameters, lr=2e-3, betas=(0.9, 0.98), eps=1e-9, weight_decay=0.05),
    lambda: TorchAdamW(shrink=0.05, **HYPER),
)
LAYERS = {"subsampling.conv1": "shrink_a", "subsampling.conv2": "shrink_b", "subsampling.linear": "embed", "classifier": "phones"}
PARTS = {"attention.norm": "attend_norm", "attention.heads": "attend", "conv.norm": "convolve_norm", "conv.pointwise1": "widen", "norm": "last_norm"}
PARTS |= {"conv.depthwise": "along", "conv.batch_norm": "standardise", "conv.pointwise2": "narrow"}
PARTS |= {
    f"{half}.{index}": f"{side}_{name}" for half, side in (("ff1", "enter"), ("ff2", "leave")) for index, name in ((0, "norm"), (1, "expand"), (3, "shrink"))
}
LAYERS |= {f"blocks.{number}.{theirs}": f"{block}.{ours}" for number, block in enumerate(("stage_a", "stage_b")) for theirs, ours in PARTS.items()}


def load_flipped(torch_model, keras_model):
    """A convolution's kernel turned round in time, as for a framework that does not correlate."""
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {n: a[..., ::-1] if n == "blocks.1.conv.depthwise.weight" else a for n, a in s.items()})


def load_halves_exchanged(torch_model, keras_model):
    """The two feed-forwards of the first block loaded in the wrong order."""
    other = {"blocks.0.ff1": "blocks.0.ff2", "blocks.0.ff2": "blocks.0.ff1"}
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {n: s[other.get(n[:12], n[:12]) + n[12:]] for n in s})


def first(part, **switches):
    return {"first": {part: switches}}


def second(part, **switches):
    return {"second": {part: switches}}


ATT0, ATT1 = ("blocks.0.attention.heads", "blocks.0.attention"), ("blocks.1.attention.heads", "blocks.1.attention")
GLU0, GLU1 = ((f"blocks.{block}.conv", f"blocks.{block}.conv.depthwise", f"blocks.{block}.conv.pointwise1") for block in (0, 1))
EXCHANGED = tuple(f"blocks.0.{half}{end}" for half in ("ff1", "ff2") for end in ("", ".0", ".1", ".3"))
BRANCH1 = ("blocks.1.attention", "blocks.1", "blocks.1.attention.drop")
FAULTS = [
    Fault("same_under_stride", ("subsampling.conv1", "subsampling"), "padding", "'same' pads an even side after only", {"front": {"entry": "same"}}),
    Fault("bands_before_channels", ("subsampling.linear", "subsampling"), "reshape", "flattened as it lies", {"front": {"flatten": "channels_last"}}),
    Fault("sines_then_cosines", ("subsampling", "subsampling.linear"), "positions", "halves, not interleaved", {"front": {"interleaved": False}}),
    Fault("lengths_floored", ("subsampling", *ATT0), "mask", "a quarter of the lengths rounded down", {"frames": "floor"}),
    Fault("full_step", ("blocks.0.ff2", "blocks.0", "blocks.0.norm"), "constant", "a whole step, not half", first("leave", share=1.0)),
    Fault("half_of_sum", ("blocks.1.ff1", "blocks.1", "blocks.1.attention"), "scale", "the residual halved too", second("enter", of="sum")),
    Fault("gate_is_first", GLU0, "order", "GLU opened by the first half", first("convolution", gate="first")),
    Fault("padding_convolved", GLU1, "mask", "padded frames not zeroed before the convolution in time", second("convolution", silent=False)),
    Fault("norm_last", ("blocks.1.conv.batch_norm", "blocks.1.conv"), "order", "BatchNorm after SiLU", second("convolution", order="norm_last")),
    Fault("padding_attended", ATT0, "mask", "no mask in the attention", first("attention", mask=None)),
    Fault("queries_masked", ATT1, "mask", "the mask along the queries' axis, not the keys'", second("attention", mask="queries")),
    Fault("more_heads", ATT1, "heads", "8 heads of 4 for 2 of 16", second("attention", heads=8)),
    Fault("residual_of_normed", (*BRANCH1, "blocks.1.attention.norm"), "residual", "the normed input added", second("attention", residual="normed")),
    Fault("convolution_first", ("blocks.0", "blocks.0.attention", "blocks.0.conv"), "order", "before attention", {"first": {"convolve_first": True}}),
    Fault("kernel_flipped", ("blocks.1.conv.depthwise", "blocks.1.conv.depthwise.weight"), "weights", "reversed in time", load=load_flipped),
    Fault("feed_forwards_exchanged", EXCHANGED, "weights", "a block's two feed-forwards have each other's weights", load=load_halves_exchanged),
    Fault("values_detached", ATT0, "gradient", "stop_gradient on what the values are made of", first("attention", detach=True), seen="grad"),
    Fault("momentum", "blocks.0.conv.batch_norm", "momentum", "torch's 0.1", first("convolution", momentum=0.1), seen="train"),
    Fault("residual_dropped", BRANCH1, "dropout", "dropout of the sum, not of the branch", second("attention", drop="sum"), seen="dropout"),
    Fault("decay_coupled", "optimizer", "optimizer", "Adam's decay for AdamW's", seen="step", optimizer=lambda: TorchAdam(decay=0.05, **HYPER)),
]
