"""A small ResNet of bottlenecks, as torchvision writes it; the port is functional, blocks and stages are nested models named as keras.applications names."""

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn

from benchmarks.faults.building import as_trained, tokens, uniform
from benchmarks.faults.own import CoupledSGD, UnbiasedNorm
from benchmarks.faults.port import Fault, moved
from benchmarks.faults.weights import copy_weights

BATCH, HEIGHT, WIDTH, STEM, CLASSES = 5, 32, 44, 7, 6
STAGES = ((4, 3, 1), (6, 2, 2))  # planes, blocks, stride
EXPANSION, SMOOTHING = 4, 0.1
RATE, MOMENTUM, DECAY = 0.03, 0.9, 1e-3
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Bottleneck(nn.Module):
    def __init__(self, inplanes, planes, stride=1, downsample=None):
        super().__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, planes * EXPANSION, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(planes * EXPANSION)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample

    def forward(self, x):
        identity = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        out += identity
        return self.relu(out)


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.inplanes = STEM
        self.conv1 = nn.Conv2d(3, STEM, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(STEM)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = self._make_layer(*STAGES[0])
        self.layer2 = self._make_layer(*STAGES[1])
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(self.inplanes, CLASSES)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def _make_layer(self, planes, blocks, stride):
        downsample = None
        if stride != 1 or self.inplanes != planes * EXPANSION:
            downsample = nn.Sequential(
                nn.Conv2d(self.inplanes, planes * EXPANSION, 1, stride=stride, bias=False),
                nn.BatchNorm2d(planes * EXPANSION),
            )
        found = [Bottleneck(self.inplanes, planes, stride, downsample)]
        self.inplanes = planes * EXPANSION
        found += [Bottleneck(self.inplanes, planes) for _ in range(1, blocks)]
        return nn.Sequential(*found)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer2(self.layer1(x))
        return self.fc(torch.flatten(self.avgpool(x), 1))


def build_torch():
    """The last norm of a branch began at zero and is small still."""
    model = as_trained(ResNet, seed=921)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, Bottleneck):
                module.bn3.weight.mul_(0.3)
    return model


def convolution(x, filters, size, name, strides=1, padding="valid"):
    return layers.Conv2D(filters, size, strides=strides, padding=padding, use_bias=False, name=name + "_conv")(x)


def normed(x, name, epsilon=1e-5, momentum=0.9, norm=UnbiasedNorm):
    return norm(momentum=momentum, epsilon=epsilon, name=name + "_bn")(x)


def bottleneck(
    shape,
    filters,
    stride,
    conv_shortcut,
    name,
    *,
    stride_in="second",
    border="both_sides",
    inner="relu",
    branch=None,
    shortcut="strided",
    epsilon=1e-5,
    norm=UnbiasedNorm,
    frozen=False,
):
    """Keywords are the mistakes."""
    image = keras.Input(shape)
    kept = image
    if conv_shortcut:
        if shortcut == "averaged":
            kept = layers.AveragePooling2D(2, strides=stride, padding="same", name=name + "_0_pool")(image)
        kept = convolution(kept, EXPANSION * filters, 1, name + "_0", strides=stride if shortcut == "strided" else 1)
        kept = normed(kept, name + "_0", norm=norm)
    x = convolution(image, filters, 1, name + "_1", strides=stride if stride_in == "first" else 1)
    x = layers.Activation("relu", name=name + "_1_relu")(normed(x, name + "_1", norm=norm))
    if border == "both_sides":
        x = layers.ZeroPadding2D(1, name=name + "_2_pad")(x)
    x = convolution(x, filters, 3, name + "_2", strides=stride if stride_in == "second" else 1, padding="same" if border == "same" else "valid")
    x = layers.Activation(inner, name=name + "_2_relu")(normed(x, name + "_2", epsilon, norm=norm))
    x = normed(convolution(x, EXPANSION * filters, 1, name + "_3"), name + "_3", norm=norm)
    if branch is not None:
        x = layers.Activation(branch, name=name + "_3_relu")(x)
    x = layers.Activation("relu", name=name + "_out")(layers.Add(name=name + "_add")([kept, x]))
    block = keras.Model(image, x, name=name)
    block.trainable = not frozen
    return block


def stack(shape, filters, blocks, stride, name, own, *, last=0, shared=False):
    image = keras.Input(shape)
    block = bottleneck(shape, filters, stride, True, f"{name}_block1", **own.get(f"{name}_block1", {}))
    x = block(image)
    for number in range(2, blocks + 1 + last):
        if not shared or number < 3:
            block = bottleneck(x.shape[1:], filters, 1, False, f"{name}_block{number}", **own.get(f"{name}_block{number}", {}))
        x = block(x)
    return keras.Model(image, x, name=name)


def build_keras(
    *, stem_border="both_sides", stem_momentum=0.9, stem_act="relu", pool_border="both_sides", conv2=None, conv3=None, classifier_activation=None, **own
):
    image = keras.Input((HEIGHT, WIDTH, 3))
    x = layers.ZeroPadding2D(3, name="conv1_pad")(image) if stem_border == "both_sides" else image
    x = convolution(x, STEM, 7, "conv1", strides=2, padding="valid" if stem_border == "both_sides" else stem_border)
    x = normed(x, "conv1", momentum=stem_momentum)
    x = layers.Activation(stem_act, name="conv1_relu")(x)
    if pool_border == "both_sides":
        x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(layers.ZeroPadding2D(1, name="pool1_pad")(x))
    else:
        x = layers.MaxPooling2D(3, strides=2, padding=pool_border, name="pool1_pool")(x)
    for name, sizes, changes in zip(("conv2", "conv3"), STAGES, (conv2, conv3), strict=True):
        x = stack(x.shape[1:], *sizes, name, own, **(changes or {}))(x)
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    return keras.Model(image, layers.Dense(CLASSES, activation=classifier_activation, name="predictions")(x), name="resnet")


def inputs():
    """Images of ImageNet's colours, normalised."""
    light = uniform(BATCH, 3, HEIGHT, WIDTH, seed=922) * np.linspace(0.3, 1.0, WIDTH, dtype="float32")
    light *= np.array([1.0, 0.8, 0.5], "float32").reshape(3, 1, 1)
    return (light - np.array(MEAN, "float32").reshape(3, 1, 1)) / np.array(DEVIATION, "float32").reshape(3, 1, 1)


def targets():
    return tokens(BATCH, below=CLASSES, seed=923)


def keras_loss(smoothing=SMOOTHING):
    """Of output and target, as torch's: Keras smooths labels that are one-hot only."""

    def loss(output, target):
        hot = ops.one_hot(target, CLASSES, dtype=output.dtype)
        return ops.mean(keras.losses.categorical_crossentropy(hot, output, from_logits=True, label_smoothing=smoothing))

    return loss


def decoupled():
    return keras.optimizers.SGD(RATE, momentum=MOMENTUM, weight_decay=DECAY)


LOSS = (lambda output, target: nn.functional.cross_entropy(output, target, label_smoothing=SMOOTHING), keras_loss)
OPTIMIZER = (
    lambda parameters: torch.optim.SGD(parameters, lr=RATE, momentum=MOMENTUM, weight_decay=DECAY),
    lambda: CoupledSGD(RATE, momentum=MOMENTUM, decay=DECAY),
)
LAYERS = {"conv1": "conv1_conv", "bn1": "conv1_bn", "fc": "predictions"}
for stage, (_, count, _) in enumerate(STAGES, start=1):
    for index in range(count):
        theirs, ours = f"layer{stage}.{index}", f"conv{stage + 1}.conv{stage + 1}_block{index + 1}.conv{stage + 1}_block{index + 1}"
        for part in (1, 2, 3):
            LAYERS |= {f"{theirs}.conv{part}": f"{ours}_{part}_conv", f"{theirs}.bn{part}": f"{ours}_{part}_bn"}
        if index == 0:
            LAYERS |= {f"{theirs}.downsample.0": f"{ours}_0_conv", f"{theirs}.downsample.1": f"{ours}_0_bn"}


def load_with(change):
    return lambda torch_model, keras_model: copy_weights(torch_model, keras_model, LAYERS, change)


def parameters_only(state):
    """What `named_parameters` gives: running statistics stay at zero and one."""
    fresh = {"running_mean": np.zeros_like, "running_var": np.ones_like}
    return {name: fresh[name.split(".")[-1]](array) if "running_" in name else array for name, array in state.items()}


def by_alphabet(state):
    """A norm's beta and gamma in the order of their names."""
    norm = "layer1.2.bn1"
    return {**state, f"{norm}.weight": state[f"{norm}.bias"], f"{norm}.bias": state[f"{norm}.weight"]}


def bgr(images):
    return moved(images, None)[..., ::-1].copy()


NORMS = tuple(path for path in LAYERS if "bn" in path or path.endswith("downsample.1"))
AVERAGED = ("layer2.0.downsample", "layer2.0.downsample.0", "layer2.0")
WIDENED = ("layer1.1.bn2", "layer1.1.relu", "layer1.1.conv3", "layer1.1")
EXCHANGED = ("layer1.2.bn1", "layer1.2.bn1.weight", "layer1.2.bn1.bias")
STRIDED = ("layer2.0.conv2", "layer2.0.conv1", "layer2.0")
FROZEN = ("layer1.1", *(path for path in LAYERS if path.startswith("layer1.1.")))
MISSING = ("layer2.1", *(path for path in LAYERS if path.startswith("layer2.1.")), "layer2")
REPLACED = ("layer1.2", *(path for path in LAYERS if path.startswith("layer1.2.")), "layer1")
COPIED = tuple(path for path in NORMS if path.startswith("layer2.0."))

FAULTS = [
    Fault("stem_same", "conv1", "padding", "'same' under a stride pads 2 and 3, torch 3 and 3", {"stem_border": "same"}),
    Fault("stem_linear", ("relu", "bn1", "maxpool"), "activation", "no ReLU in the stem", {"stem_act": "linear"}),
    Fault("pool_same", "maxpool", "padding", "max pooling 'same' pads the end only", {"pool_border": "same"}),
    Fault("stride_in_first", STRIDED, "stride", "strided in the first 1x1, as keras.applications has it", {"conv3_block1": {"stride_in": "first"}}),
    Fault("block_same", ("layer2.0.conv2", "layer2.0"), "padding", "'same' under the block's stride", {"conv3_block1": {"border": "same"}}),
    Fault("inner_linear", WIDENED, "activation", "no ReLU before the last 1x1 convolution", {"conv2_block2": {"inner": "linear"}}),
    Fault("branch_relu", ("layer1.2.bn3", "layer1.2.relu", "layer1.2"), "activation", "a ReLU before the sum too", {"conv2_block3": {"branch": "relu"}}),
    Fault("shortcut_averaged", AVERAGED, "pooling", "ResNet-D's shortcut: averaged, then 1x1", {"conv3_block1": {"shortcut": "averaged"}}),
    Fault("default_epsilon", "layer2.1.bn2", "epsilon", "BatchNormalization's default epsilon 1e-3", {"conv3_block2": {"epsilon": 1e-3}}),
    Fault("block_missing", MISSING, "missing layer", "range(2, blocks): one block too few", {"conv3": {"last": -1}}),
    Fault("block_shared", REPLACED, "sharing", "the second block called again for the third", {"conv2": {"shared": True}}),
    Fault("softmax_at_the_end", ("output", "fc"), "output", "keras.applications' classifier_activation", {"classifier_activation": "softmax"}),
    Fault("bgr", ("input", "conv1"), "data", "channels turned, as keras.applications' own preprocessing does", keras_inputs=bgr),
    Fault("statistics_fresh", NORMS, "weights", "parameters loaded, running statistics not", load=load_with(parameters_only)),
    Fault("beta_for_gamma", EXCHANGED, "weights", "beta and gamma loaded into each other", load=load_with(by_alphabet)),
    Fault("block_frozen", FROZEN, "frozen", "trainable=False left on a block", {"conv2_block2": {"frozen": True}}, seen="grad"),
    Fault("biased_variance", COPIED, "buffers", "a block with Keras' own norm", {"conv3_block1": {"norm": layers.BatchNormalization}}, seen="train"),
    Fault("momentum_complement", "bn1", "momentum", "torch's momentum 0.1 taken over", {"stem_momentum": 0.1}, seen="train"),
    Fault("not_smoothed", "loss", "label smoothing", "no label smoothing", seen="loss", loss=lambda: keras_loss(smoothing=0.0)),
    Fault("decay_decoupled", "optimizer", "decay", "Keras' weight_decay, past the momentum", seen="step", optimizer=decoupled),
]
