"""A U-Net for binary segmentation: BatchNorm, bilinear up-sampling with aligned corners, odd sizes padded, Dice and BCE, SGD with momentum and decay."""

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal, uniform
from benchmarks.faults.own import CoupledSGD, UnbiasedNorm
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

IMAGES, HEIGHT, WIDTH = 3, 22, 30
WIDTHS, BRIDGE = (6, 9), 13


class Stage(nn.Module):
    """Twice convolution, norm, ReLU."""

    def __init__(self, inside, outside):
        super().__init__()
        self.conv1 = nn.Conv2d(inside, outside, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outside)
        self.conv2 = nn.Conv2d(outside, outside, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outside)

    def forward(self, x):
        x = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(x)))


class UpStage(nn.Module):
    def __init__(self, inside, skip, outside):
        super().__init__()
        self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
        self.stage = Stage(inside + skip, outside)

    def forward(self, x, skip):
        x = self.up(x)
        rows, columns = skip.shape[2] - x.shape[2], skip.shape[3] - x.shape[3]
        x = F.pad(x, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
        return self.stage(torch.cat([skip, x], dim=1))


class Segmenter(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.ModuleList([Stage(3, WIDTHS[0]), Stage(WIDTHS[0], WIDTHS[1])])
        self.pool = nn.MaxPool2d(2)
        self.bridge = Stage(WIDTHS[1], BRIDGE)
        self.drop = nn.Dropout2d(0.25)
        self.decoder = nn.ModuleList([UpStage(BRIDGE, WIDTHS[1], WIDTHS[1]), UpStage(WIDTHS[1], WIDTHS[0], WIDTHS[0])])
        self.head = nn.Conv2d(WIDTHS[0], 1, 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")

    def forward(self, x):
        skips = []
        for stage in self.encoder:
            x = stage(x)
            skips.append(x)
            x = self.pool(x)
        x = self.drop(self.bridge(x))
        for stage in self.decoder:
            x = stage(x, skips.pop())
        return self.head(x)


def build_torch():
    return as_trained(Segmenter, seed=401)


def stretched(size, to):
    """The matrix of linear interpolation from `size` to `to` points whose ends coincide."""
    places = np.arange(to) * (size - 1) / (to - 1)
    below = np.minimum(np.floor(places).astype(int), size - 2)
    matrix = np.zeros((to, size))
    matrix[np.arange(to), below] = 1 - (places - below)
    matrix[np.arange(to), below + 1] = places - below
    return matrix


class AlignedResize(layers.Layer):
    """What Keras' UpSampling2D does not offer: align_corners=True."""

    def __init__(self, height, width, **kwargs):
        super().__init__(**kwargs)
        self.height, self.width = height, width

    def call(self, x):
        rows = ops.convert_to_tensor(stretched(x.shape[1], self.height), self.compute_dtype)
        columns = ops.convert_to_tensor(stretched(x.shape[2], self.width), self.compute_dtype)
        return ops.einsum("ih,jw,bhwc->bijc", rows, columns, x)


def unit(x, filters, name, *, norm=UnbiasedNorm, order="norm_first", active=True, **options):
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"{name}_conv")(x)
    if order == "relu_first":
        x = layers.ReLU()(x)
    x = norm(name=f"{name}_bn", **{"momentum": 0.9, "epsilon": 1e-5, **options})(x)
    return layers.ReLU(name=f"{name}_relu")(x) if active and order == "norm_first" else x


def enlarged(x, how, rows, columns):
    if how == "half_pixel":
        return layers.UpSampling2D(interpolation="bilinear")(x)
    if how == "nearest":
        return layers.UpSampling2D()(x)
    if how == "to_the_skip":
        return AlignedResize(rows, columns)(x)
    return AlignedResize(2 * x.shape[1], 2 * x.shape[2])(x)


def build_keras(*, coarse="aligned", fine="aligned", missing="behind", joined="skip_first", skip="whole", fed="pooled", thin="channels", **units):
    """`units` has options of single units by name."""
    image = x = keras.Input((HEIGHT, WIDTH, 3), name="image")
    skips = []
    for index, filters in enumerate(WIDTHS):
        half = unit(x, filters, f"down{index}_a", **units.get(f"down{index}_a", {}))
        x = unit(half, filters, f"down{index}_b", **units.get(f"down{index}_b", {}))
        skips.append(half if index == 0 and skip == "half" else x)
        x = layers.MaxPooling2D()(half if index == 1 and fed == "half" else x)
    for half in "ab":
        x = unit(x, BRIDGE, f"bridge_{half}", **units.get(f"bridge_{half}", {}))
    x = (layers.SpatialDropout2D if thin == "channels" else layers.Dropout)(0.25)(x)
    for index, how in ((1, coarse), (0, fine)):
        skipped = skips[index]
        x = enlarged(x, how, skipped.shape[1], skipped.shape[2])
        rows, columns = skipped.shape[1] - x.shape[1], skipped.shape[2] - x.shape[2]
        if rows or columns:
            x = layers.ZeroPadding2D(((0, rows), (0, columns)) if missing == "behind" else ((rows, 0), (columns, 0)))(x)
        pair = [x, skipped] if index == 1 and joined == "up_first" else [skipped, x]
        x = layers.Concatenate(name=f"join{index}")(pair)
        for half in "ab":
            x = unit(x, WIDTHS[index], f"up{index}_{half}", **units.get(f"up{index}_{half}", {}))
    return keras.Model(image, layers.Conv2D(1, 1, name="logits")(x), name="segmenter")


def inputs():
    return normal(IMAGES, 3, HEIGHT, WIDTH, seed=402)


def targets():
    """Masks, of which one is nearly empty."""
    share = np.array([0.5, 0.3, 0.05])[:, None, None]
    return (uniform(IMAGES, HEIGHT, WIDTH, seed=403) < share).astype("float32")


def torch_loss(output, target):
    logits = output[:, 0]
    chance = torch.sigmoid(logits)
    both = (chance * target).sum((1, 2))
    dice = (2 * both + 1) / (chance.sum((1, 2)) + target.sum((1, 2)) + 1)
    return F.binary_cross_entropy_with_logits(logits, target) + (1 - dice).mean()


class DiceAndCrossEntropy(keras.losses.Loss):
    def __init__(self, over=(1, 2), smooth=1.0):
        super().__init__(name="dice_bce")
        self.over, self.smooth = over, smooth

    def call(self, y_true, y_pred):
        logits = ops.squeeze(y_pred, -1)
        chance = ops.sigmoid(logits)
        entropy = ops.mean(ops.binary_crossentropy(y_true, logits, from_logits=True), axis=(1, 2))
        both = ops.sum(y_true * chance, axis=self.over)
        sizes = ops.sum(y_true, axis=self.over) + ops.sum(chance, axis=self.over)
        dice = (2 * both + self.smooth) / (sizes + self.smooth)
        return entropy + 1 - dice


RATE, MOMENTUM, DECAY = 0.02, 0.9, 0.01
LOSS = (torch_loss, DiceAndCrossEntropy)
OPTIMIZER = (
    lambda parameters: torch.optim.SGD(parameters, lr=RATE, momentum=MOMENTUM, weight_decay=DECAY),
    lambda: CoupledSGD(RATE, momentum=MOMENTUM, decay=DECAY),
)
STAGES = {"encoder.0": "down0", "encoder.1": "down1", "bridge": "bridge", "decoder.0.stage": "up1", "decoder.1.stage": "up0"}
LAYERS = {"head": "logits"}
for path, name in STAGES.items():
    for index, half in ((1, "a"), (2, "b")):
        LAYERS |= {f"{path}.conv{index}": f"{name}_{half}_conv", f"{path}.norm{index}": f"{name}_{half}_bn"}


def load_norms_crossed(torch_model, keras_model):
    """A slip of the pen: the first norm of the last stage has the second's arrays, and the other way round."""
    first, second = "decoder.1.stage.norm1.", "decoder.1.stage.norm2."

    def change(state):
        return {n.replace(first, "?").replace(second, first).replace("?", second): a for n, a in state.items()}

    copy_weights(torch_model, keras_model, LAYERS, change)


def load_kernel_turned(torch_model, keras_model):
    """`weight.T` for a convolution: its rows and columns change places."""
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {**s, "encoder.1.conv2.weight": s["encoder.1.conv2.weight"].swapaxes(2, 3)})


def blue_first(image):
    return np.moveaxis(image, 1, -1)[..., ::-1].copy()


def rows_of_channels(image):
    """Reshaped to channels last, not transposed."""
    return image.reshape(IMAGES, HEIGHT, WIDTH, 3)


FINE, COARSE = ("decoder.1.stage.conv1", "decoder.1", "decoder.1.stage"), ("decoder.0.stage.conv1", "decoder.0", "decoder.0.stage")

FAULTS = [
    Fault("corners_not_aligned", "decoder.1.up", "interpolation", "UpSampling2D's bilinear is align_corners=False", {"fine": "half_pixel"}),
    Fault("nearest", "decoder.0.up", "interpolation", "UpSampling2D with its default, nearest", {"coarse": "nearest"}),
    Fault("resized_to_the_skip", ("decoder.0.up", *COARSE), "interpolation", "enlarged to the skip's odd size in place of padded", {"coarse": "to_the_skip"}),
    Fault("padded_before", ("decoder.0", *COARSE, "decoder.0.up"), "padding", "the missing row and column are put before, not behind", {"missing": "before"}),
    Fault("up_first", COARSE, "concat order", "the enlarged half joined before the skip", {"joined": "up_first"}),
    Fault("skip_of_the_first_half", (*FINE, "encoder.0"), "wrong tensor", "the skip is taken after the first convolution of its stage", {"skip": "half"}),
    Fault("half_a_stage_pooled", ("pool", "bridge.conv1", "encoder.1"), "wrong tensor", "the pool reads the stage's first half", {"fed": "half"}),
    Fault("relu_before_norm", ("bridge.norm1", "bridge.conv1", "bridge"), "order", "convolution, ReLU, norm", {"bridge_a": {"order": "relu_first"}}),
    Fault("relu_forgotten", ("decoder.1.stage.norm2", "decoder.1.stage", "head"), "activation", "no ReLU before the head", {"up0_b": {"active": False}}),
    Fault("epsilon", "decoder.0.stage.norm1", "epsilon", "Keras' default epsilon 1e-3", {"up1_a": {"epsilon": 1e-3}}),
    Fault("kernel_turned", ("encoder.1.conv2", "encoder.1.conv2.weight"), "weights", "rows and columns of a kernel swapped", load=load_kernel_turned),
    Fault(
        "norms_crossed",
        ("decoder.1.stage.norm1", "decoder.1.stage.norm1.weight", "decoder.1.stage.norm2"),
        "weights",
        "arrays of a stage's two norms loaded crosswise",
        load=load_norms_crossed,
    ),
    Fault("colours_reversed", ("input", "encoder.0.conv1"), "channel order", "blue first", keras_inputs=blue_first),
    Fault("image_reshaped", "input", "axes", "reshape for a transpose of the image", keras_inputs=rows_of_channels),
    Fault("torch_momentum", "encoder.0.norm1", "momentum", "torch's momentum 0.1 is Keras' 0.9", {"down0_a": {"momentum": 0.1}}, seen="train"),
    Fault("norm_frozen", "bridge.norm2", "gradient", "a norm with trainable=False", {"bridge_b": {"trainable": False}}, seen="grad"),
    Fault("biased_variance", "bridge.norm1", "statistics", "Keras keeps the biased variance", {"bridge_a": {"norm": layers.BatchNormalization}}, seen="train"),
    Fault("whole_maps_not_dropped", "drop", "dropout", "Dropout for Dropout2d", {"thin": "elements"}, seen="dropout"),
    Fault("dice_of_the_batch", "loss", "reduction", "one Dice of all images", seen="loss", loss=lambda: DiceAndCrossEntropy(over=(0, 1, 2))),
    Fault(
        "decay_decoupled",
        "optimizer",
        "optimizer",
        "Keras' weight_decay does not pass the momentum",
        seen="step",
        optimizer=lambda: keras.optimizers.SGD(RATE, momentum=MOMENTUM, weight_decay=DECAY),
    ),
]
