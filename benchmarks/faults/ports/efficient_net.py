"""A small EfficientNet: MBConv blocks with squeeze-and-excitation, SiLU, label smoothing, RMSprop with momentum; functional, with a function per part."""

import keras
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal, tokens
from benchmarks.faults.own import TorchRMSprop, UnbiasedNorm
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

CLASSES, SMOOTHING = 5, 0.1
STEM, HEAD = 8, 20
BLOCKS = (  # ratio of expansion, channels, size, stride
    (1, 8, 3, 1),
    (3, 10, 3, 2),
    (2, 10, 5, 1),
    (3, 12, 5, 2),
)


class ConvNorm(nn.Module):
    def __init__(self, inside, outside, size, stride=1, groups=1):
        super().__init__()
        self.conv = nn.Conv2d(inside, outside, size, stride, size // 2, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outside, eps=1e-3, momentum=0.01)

    def forward(self, x):
        return self.norm(self.conv(x))


class ConvNormAct(ConvNorm):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.act = nn.SiLU()

    def forward(self, x):
        return self.act(super().forward(x))


class SqueezeExcite(nn.Module):
    def __init__(self, channels, reduced):
        super().__init__()
        self.reduce = nn.Conv2d(channels, reduced, 1)
        self.expand = nn.Conv2d(reduced, channels, 1)

    def forward(self, x):
        gate = F.silu(self.reduce(x.mean((2, 3), keepdim=True)))
        return x * torch.sigmoid(self.expand(gate))


class MBConv(nn.Module):
    def __init__(self, inside, ratio, outside, size, stride):
        super().__init__()
        wide = inside * ratio
        self.expand = ConvNormAct(inside, wide, 1) if ratio > 1 else nn.Identity()
        self.depthwise = ConvNormAct(wide, wide, size, stride, groups=wide)
        self.se = SqueezeExcite(wide, inside // 2)
        self.project = ConvNorm(wide, outside, 1)
        self.residual = stride == 1 and inside == outside

    def forward(self, x):
        y = self.project(self.se(self.depthwise(self.expand(x))))
        return x + y if self.residual else y


class EfficientNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = ConvNormAct(3, STEM, 3, 2)
        widths = [STEM, *(channels for _, channels, _, _ in BLOCKS)]
        self.blocks = nn.Sequential(*(MBConv(inside, *block) for inside, block in zip(widths, BLOCKS, strict=False)))
        self.head = ConvNormAct(widths[-1], HEAD, 1)
        self.dropout = nn.Dropout(0.3)
        self.classifier = nn.Linear(HEAD, CLASSES)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)

    def forward(self, x):
        x = self.head(self.blocks(self.stem(x)))
        return self.classifier(self.dropout(x.mean((2, 3))))


def build_torch():
    return as_trained(EfficientNet, seed=411)


def batch_norm(x, name, *, epsilon=1e-3, momentum=0.99, trainable=True):
    return UnbiasedNorm(epsilon=epsilon, momentum=momentum, trainable=trainable, name=f"{name}_bn")(x)


def pointwise(x, filters, name, *, stride=1):
    return layers.Conv2D(filters, 1, strides=stride, use_bias=False, name=f"{name}_conv")(x)


def squeeze_excite(x, reduced, name, *, squeezed=None, inner="silu", detach=False):
    gate = layers.GlobalAveragePooling2D()(x if squeezed is None else squeezed)
    gate = layers.Dense(reduced, activation=inner, name=f"{name}_squeeze")(gate)
    gate = layers.Dense(x.shape[-1], activation="sigmoid", name=f"{name}_excite")(gate)
    gate = layers.Reshape((1, 1, x.shape[-1]))(gate)
    return layers.Multiply()([x, ops.stop_gradient(gate) if detach else gate])


def mbconv(
    x,
    ratio,
    filters,
    size,
    stride,
    name,
    *,
    start=None,
    strided="depthwise",
    norm_first=True,
    epsilon=1e-3,
    depth_trained=True,
    gate_at="after",
    squeeze_of="depthwise",
    inner="silu",
    detach=False,
    project_norm=True,
    residual=True,
    last="linear",
):
    shortcut, reduced = x, x.shape[-1] // 2
    if ratio > 1:
        x = pointwise(x, x.shape[-1] * ratio, f"{name}_wide", stride=stride if strided == "expand" else 1)
        x = layers.Activation("silu")(batch_norm(x, f"{name}_wide")) if norm_first else batch_norm(ops.silu(x), f"{name}_wide")
    expanded = x
    if gate_at == "before":
        x = squeeze_excite(x, reduced, name, inner=inner, detach=detach)
    before, after = size // 2 if start is None else start, size // 2
    x = layers.ZeroPadding2D(((before, after), (before, after)), name=f"{name}_pad")(x)
    x = layers.DepthwiseConv2D(size, strides=1 if strided == "expand" else stride, use_bias=False, name=f"{name}_dw_conv")(x)
    x = layers.Activation("silu")(batch_norm(x, f"{name}_dw", epsilon=epsilon, trainable=depth_trained))
    if gate_at == "after":
        x = squeeze_excite(x, reduced, name, squeezed=expanded if squeeze_of == "expanded" else None, inner=inner, detach=detach)
    x = pointwise(x, filters, f"{name}_thin")
    if project_norm:
        x = batch_norm(x, f"{name}_thin")
    if residual and stride == 1 and shortcut.shape[-1] == filters:
        x = layers.Add()([shortcut, x])
    return layers.Activation(last)(x)


def build_keras(
    *, first=None, second=None, third=None, fourth=None, rescale=None, stem_padding="explicit", head_momentum=0.99, head_order="act_pool", drop="pooled"
):
    image = keras.Input((24, 32, 3), name="image")
    x = image if rescale is None else layers.Rescaling(rescale)(image)
    if stem_padding == "explicit":
        x = layers.ZeroPadding2D(1, name="stem_pad")(x)
    x = layers.Conv2D(STEM, 3, strides=2, padding="valid" if stem_padding == "explicit" else stem_padding, use_bias=False, name="stem_conv")(x)
    x = layers.Activation("silu")(batch_norm(x, "stem"))
    for index, (block, own) in enumerate(zip(BLOCKS, (first, second, third, fourth), strict=True)):
        x = mbconv(x, *block, f"block{index + 1}", **(own or {}))
    x = batch_norm(pointwise(x, HEAD, "top"), "top", momentum=head_momentum)
    thin, pool = layers.Dropout(0.3), layers.GlobalAveragePooling2D(name="pool")
    if head_order == "pool_act":
        x = layers.Activation("silu")(pool(x))
    else:
        x = layers.Activation("silu")(x)
        x = pool(thin(x) if drop == "map" else x)
    return keras.Model(image, layers.Dense(CLASSES, name="scores")(thin(x) if drop == "pooled" else x))


def inputs():
    return normal(3, 3, 24, 32, seed=412)


def targets():
    return tokens(3, below=CLASSES, seed=413)


def keras_loss(spread="all"):
    def loss(output, target):
        hot = ops.one_hot(target, CLASSES, dtype=output.dtype)
        rest = SMOOTHING / CLASSES if spread == "all" else (1 - hot) * SMOOTHING / (CLASSES - 1)
        return ops.mean(-ops.sum((hot * (1 - SMOOTHING) + rest) * ops.log_softmax(output), axis=-1))

    return loss


class MomentumRMSprop(TorchRMSprop):
    """torch.optim.RMSprop with momentum: the learning rate is outside the buffer; weight decay is part of the gradient."""

    def __init__(self, learning_rate, decay=0.0, under_root=False, **options):
        super().__init__(learning_rate, **options)
        self.coupled, self.under_root = decay, under_root

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        average, buffer = self._velocities[index], self._momentums[index]
        gradient = gradient + self.coupled * ops.convert_to_tensor(variable)
        self.assign(average, self.rho * average + (1 - self.rho) * gradient * gradient)
        root = ops.sqrt(average + self.epsilon) if self.under_root else ops.sqrt(average) + self.epsilon
        self.assign(buffer, self.momentum * buffer + gradient / root)
        self.assign_sub(variable, ops.cast(learning_rate, variable.dtype) * buffer)


def rmsprop(**changes):
    return MomentumRMSprop(**({"learning_rate": 4e-3, "rho": 0.9, "epsilon": 1e-3, "momentum": 0.9, "decay": 1e-4} | changes))


LOSS = (lambda output, target: F.cross_entropy(output, target, label_smoothing=SMOOTHING), keras_loss)
OPTIMIZER = (
    lambda parameters: torch.optim.RMSprop(parameters, lr=4e-3, alpha=0.9, eps=1e-3, momentum=0.9, weight_decay=1e-4),
    rmsprop,
)
LAYERS = {"stem.conv": "stem_conv", "stem.norm": "stem_bn", "head.conv": "top_conv", "head.norm": "top_bn", "classifier": "scores"}
for index, (ratio, *_) in enumerate(BLOCKS):
    for part, short in (("expand", "wide"), ("depthwise", "dw"), ("project", "thin"))[0 if ratio > 1 else 1 :]:
        LAYERS |= {f"blocks.{index}.{part}.conv": f"block{index + 1}_{short}_conv", f"blocks.{index}.{part}.norm": f"block{index + 1}_{short}_bn"}
    LAYERS |= {f"blocks.{index}.se.reduce": f"block{index + 1}_squeeze", f"blocks.{index}.se.expand": f"block{index + 1}_excite"}


def load_depthwise_turned(torch_model, keras_model):
    """The depthwise kernel transposed as (3, 2, 0, 1): width before height."""
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {n: a.swapaxes(2, 3) if n == "blocks.2.depthwise.conv.weight" else a for n, a in s.items()})


B0, B1, B2, B3 = (f"blocks.{index}" for index in range(4))


def only(place, **switches):
    return {place: switches}


FAULTS = [
    Fault("stem_same", ("stem.conv", "stem"), "padding", "'same' under stride pads the end only", {"stem_padding": "same"}),
    Fault("rescaled_inside", ("input", "stem.conv"), "preprocessing", "the Rescaling of keras.applications on normalised images", {"rescale": 1 / 255}),
    Fault("no_residual", (B0, f"{B0}.project", f"{B0}.project.norm", f"{B1}.expand.conv"), "residual", "no shortcut", only("first", residual=False)),
    Fault("gate_before", (f"{B0}.se", f"{B0}.depthwise", f"{B0}.depthwise.conv", B0), "order", "excited, then depthwise", only("first", gate_at="before")),
    Fault("stride_on_expansion", (f"{B1}.expand.conv", f"{B1}.depthwise.conv", B1), "stride", "the 1x1 has the stride", only("second", strided="expand")),
    Fault("sum_activated", (B2, f"{B2}.project", f"{B2}.project.norm", f"{B3}.expand.conv"), "activation", "SiLU after the sum", only("third", last="silu")),
    Fault("depth_epsilon", f"{B2}.depthwise.norm", "epsilon", "torch's default 1e-5, which this net does not have", only("third", epsilon=1e-5)),
    Fault("norm_after_act", (f"{B2}.expand", f"{B2}.expand.norm", f"{B2}.expand.act"), "order", "SiLU, then the norm", only("third", norm_first=False)),
    Fault("squeeze_relu", (f"{B3}.se", f"{B3}.se.reduce"), "activation", "ReLU as in SENet's paper", only("fourth", inner="relu")),
    Fault("padding_of_five", (f"{B3}.depthwise.conv", f"{B3}.depthwise"), "padding", "correct_pad: one less at the start", only("fourth", start=1)),
    Fault("squeeze_of_expanded", (f"{B3}.se", f"{B3}.se.reduce", B3), "wrong tensor", "squeezed before depthwise", only("fourth", squeeze_of="expanded")),
    Fault("projection_not_normed", (f"{B3}.project.norm", f"{B3}.project"), "norm", "linear taken for no norm", only("fourth", project_norm=False)),
    Fault("pooled_first", ("head.act", "head", "head.norm", "dropout"), "order", "global pooling before the SiLU", {"head_order": "pool_act"}),
    Fault("head_momentum", "head.norm", "momentum", "0.9, as for torch's default momentum", {"head_momentum": 0.9}, seen="train"),
    Fault("norm_frozen", f"{B1}.depthwise.norm", "frozen", "trainable=False, as for fine-tuning", only("second", depth_trained=False), seen="grad"),
    Fault("gate_detached", (f"{B1}.se", f"{B1}.se.expand"), "gradient", "stop_gradient on the gate", only("second", detach=True), seen="grad"),
    Fault("map_dropped", ("dropout", "head"), "dropout", "dropout on the map, before pooling", {"drop": "map"}, seen="dropout"),
    Fault("others_smoothed", "loss", "label smoothing", "spread over the other classes only", seen="loss", loss=lambda: keras_loss("others")),
    Fault("epsilon_under_root", "optimizer", "epsilon", "under the root, as Keras has it", seen="step", optimizer=lambda: rmsprop(under_root=True)),
    Fault("kernel_turned", (f"{B2}.depthwise.conv", f"{B2}.depthwise.conv.weight"), "weights", "height for width", load=load_depthwise_turned),
]
