"""Segmentation networks: torchvision's bits and counts, mean field by brute force, fed masks, a photograph, bad input."""

import itertools
import re

import keras
import numpy as np
import pytest
import torch
from networks import counted, pictures, randomised
from references import torchvision
from torch import nn

import parity
import tf_impl.layers.dropout
import tf_impl.models
import torch_ref.models
from parity.case import Case, image, seeded
from parity.comparison import compare
from parity.datasets import photographs
from parity.recording import record_case
from tf_impl.losses import CrossEntropyLoss
from tf_impl.models._segmentation import resized as twin_resized
from tf_impl.optimizers import SGD
from tf_impl.saving.state_dict import load_state_dict, state_dict
from torch_ref.models import deeplab_v3, fcn

HEAD = {"num_classes": 4, "layers": (1, 1, 1, 1), "width": 4}
BODY = {"num_classes": 3, "width": 3, "hidden": 4, "layers": (1, 1, 1, 1, 1)}
QUICK = {
    "UNet": {"width": 2, "depth": 2, "padding": 1},
    "SegNet": {"num_classes": 3, "width": 2, "layers": (1, 2)},
    "FCN32s": BODY,
    "FCN16s": BODY,
    "FCN8s": BODY,
    "FCNResNet": {**HEAD, "aux_loss": True},
    "PSPNet": {**HEAD, "hidden": 6},
    "DeepLabV1": {**BODY, "branch": 3},
    "DeepLabV2": HEAD,
    "DeepLabV3": {**HEAD, "layers": (1, 1, 1, 3), "output_stride": 16, "multi_grid": (1, 2, 4), "hidden": 6, "aux_loss": True},
    "DeepLabV3Plus": {**HEAD, "hidden": 6, "low": 3, "separable": True},
}


def spread(tensor: torch.Tensor) -> float:
    """By the fan-in: with one width for all, the scores at full size are NaN."""
    return 0.1 if tensor.ndim == 1 else float(np.prod(tensor.shape[1:])) ** -0.5


# torchvision

OF_TORCHVISION = {"fcn_resnet50": lambda: fcn.FCNResNet(aux_loss=True), "deeplabv3_resnet50": lambda: deeplab_v3.DeepLabV3(aux_loss=True)}


@pytest.mark.parametrize("name", OF_TORCHVISION)
def test_torchvision_gives_the_same_bits(name):
    """At full size: every name, both scores, in training under the same dropout too."""
    build = getattr(torchvision().models.segmentation, name)
    with torch.device("meta"):  # no start is drawn for 35 million weights, only to be replaced
        theirs, net = build(weights=None, weights_backbone=None, aux_loss=True), OF_TORCHVISION[name]()
    zeros = {key: torch.zeros(value.shape, dtype=value.dtype) for key, value in theirs.state_dict().items()}
    theirs.load_state_dict(zeros, strict=True, assign=True)
    net.load_state_dict({key: value.clone() for key, value in randomised(theirs, spread).state_dict().items()}, strict=True, assign=True)
    assert list(net.state_dict()) == list(theirs.state_dict())
    x = pictures(2, 3, 33, 41)
    with torch.no_grad():
        for training in (False, True):
            answers = []
            for model in (net.train(training), theirs.train(training)):
                torch.manual_seed(3)
                answers.append(model(x))
            assert list(answers[0]) == list(answers[1]) == ["out", "aux"]
            assert all(torch.equal(answers[0][key], answers[1][key]) for key in answers[1])
    assert all(torch.equal(net.state_dict()[key], value) for key, value in theirs.state_dict().items()), "statistics"


@pytest.mark.parametrize(("name", "weights"), [("fcn_resnet50", "FCN_ResNet50_Weights"), ("deeplabv3_resnet50", "DeepLabV3_ResNet50_Weights")])
def test_torchvisions_own_counts(name, weights):
    meta = getattr(torchvision().models.segmentation, weights).DEFAULT.meta
    parameters, operations = counted(OF_TORCHVISION[name], (1, 3, 520, 520))
    assert parameters == meta["num_params"]
    assert operations / 1e9 == pytest.approx(meta["_ops"], abs=0.005)


# Where it starts


def test_bilinear_start_interpolates():
    """Spreading by the initial weights is `F.interpolate` away from the edge, on both sides."""
    spread, twin = torch_ref.models.FCN8s(**BODY).upscore8, tf_impl.models.FCN8s(**BODY).upscore8
    np.testing.assert_array_equal(np.transpose(twin.kernel.numpy(), (3, 2, 0, 1)), spread.weight.detach().numpy())
    x = pictures(1, 3, 5, 6)
    expected = nn.functional.interpolate(x, scale_factor=8, mode="bilinear", align_corners=False)[..., 4:-4, 4:-4]
    torch.testing.assert_close(spread(x)[..., 8:-8, 8:-8], expected)


# The dense CRF


def mean_field(scores, pixels, iterations, w1, alpha, beta, w2, gamma):
    """Pixel by pixel as the equation stands: what each of the others says against a label, label by label."""
    labels, height, width = scores.shape
    places = list(itertools.product(range(height), range(width)))
    q = np.exp(scores) / np.exp(scores).sum(0)
    unary = -np.log(q)
    for _ in range(iterations):
        energies = unary.copy()
        for y, x in places:
            for v, u in places:
                if (y, x) != (v, u):
                    apart, colours = (y - v) ** 2 + (x - u) ** 2, ((pixels[:, y, x] - pixels[:, v, u]) ** 2).sum()
                    k = w1 * np.exp(-apart / (2 * alpha**2) - colours / (2 * beta**2)) + w2 * np.exp(-apart / (2 * gamma**2))
                    for label in range(labels):
                        energies[label, y, x] += k * sum(q[other, v, u] for other in range(labels) if other != label)
        lowest = energies.min(0)
        q = np.exp(lowest - energies) / np.exp(lowest - energies).sum(0)
    return q


@pytest.mark.parametrize("settings", [(2, 5.0, 50.0, 3.0, 3.0, 3.0), (3, 0.05, 4.0, 20.0, 0.02, 1.5)], ids=["deeplab", "weak"])
def test_mean_field_by_brute_force(settings):
    """On 12×12 pixels of a photograph, in float64."""
    pixels = photographs(12)[0][1].astype(np.float64) * 255
    scores = seeded("crf").normal(0.0, 2.0, (3, 12, 12))
    expected = mean_field(scores, pixels, *settings)
    theirs = torch_ref.models.DenseCRF(*settings)(torch.from_numpy(scores)[None], torch.from_numpy(pixels)[None])[0].numpy()
    twin = tf_impl.models.DenseCRF(*settings, dtype="float64")(np.moveaxis(scores, 0, -1)[None], np.moveaxis(pixels, 0, -1)[None])
    assert expected.std() > 0.01 and (expected.argmax(0) != scores.argmax(0)).any(), "it does something"
    np.testing.assert_allclose(theirs, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(np.moveaxis(keras.ops.convert_to_numpy(twin)[0], -1, 0), expected, rtol=0, atol=1e-12)


def test_crf_brings_the_border_back():
    """Scores of 48×48 pixels at a stride of 8 from a photograph's two halves: after the CRF more pixels are right, and both frameworks say the same."""
    picture = np.zeros((1, 3, 48, 48), np.float32)
    right = np.add.outer(np.arange(48), np.arange(48)) > 50
    picture[:, :, right] = 200.0
    coarse = torch.from_numpy(np.stack([~right, right])[None].astype(np.float32) * 2 - 1)[..., 4::8, 4::8]
    scores = nn.functional.interpolate(coarse, size=(48, 48), mode="bilinear", align_corners=True)
    settings = {"iterations": 5, "theta_alpha": 10.0}
    after = torch_ref.models.DenseCRF(**settings)(scores, torch.from_numpy(picture)).numpy()
    twin = tf_impl.models.DenseCRF(**settings)(np.moveaxis(scores.numpy(), 1, -1), np.moveaxis(picture, 1, -1))
    wrong = [int((answer.argmax(1)[0] != right).sum()) for answer in (scores.numpy(), after)]
    assert wrong[1] == 0 < wrong[0]
    np.testing.assert_array_equal(np.moveaxis(keras.ops.convert_to_numpy(twin), -1, 1).argmax(1), after.argmax(1))


# Dropout under fed masks

MASKED = {
    "fcn:FCN8s": {**BODY, "dropout": 0.5},  # whole channels
    "pspnet:PSPNet": {**HEAD, "hidden": 6, "dropout": 0.25},
    "deeplab_v1:DeepLabV1": {**BODY, "branch": 2, "dropout": 0.5},
    "deeplab_v3:DeepLabV3": {**HEAD, "hidden": 6, "atrous_rates": (1, 2), "aux_loss": True, "dropout": 0.25, "aspp_dropout": 0.5},
}


def kept(p: float, shape: tuple[int, ...]) -> np.ndarray:
    """The same for the same shape, in torch's axes."""
    return (seeded("mask", *shape).random(shape) >= p) / (1 - p)


def feed_masks(monkeypatch: pytest.MonkeyPatch) -> None:
    def of_torch(channels):
        def forward(self, x):
            mask = kept(self.p, (*x.shape[:2], 1, 1) if channels else tuple(x.shape))
            return x * torch.from_numpy(mask).to(x) if self.training else x

        return forward

    def of_keras(channels):
        def call(self, inputs, training=None):
            n, h, w, c = inputs.shape
            mask = np.moveaxis(kept(self.p, (n, c, 1, 1) if channels else (n, c, h, w)), 1, -1)
            return inputs * keras.ops.convert_to_tensor(mask, inputs.dtype) if training else inputs

        return call

    for name, channels in (("Dropout", False), ("Dropout2d", True)):
        monkeypatch.setattr(getattr(nn, name), "forward", of_torch(channels))
        monkeypatch.setattr(getattr(tf_impl.layers.dropout, name), "call", of_keras(channels))


@pytest.mark.parametrize("name", MASKED)
def test_dropout_stands_in_the_same_places(name, monkeypatch):
    """Both frameworks in training under the same masks: scores and gradients."""
    feed_masks(monkeypatch)
    case = Case(f"models.{name}", "fed-masks", config=MASKED[name], inputs={"x": image(3, 3, 20, 17)}, training=True)
    rows = compare(*(record_case(case, framework, dtype) for framework in ("torch", "keras") for dtype in ("float64", "float32"))).rows
    assert [(row.role, row.name, str(row.verdict)) for row in rows if row.verdict.failing] == []
    monkeypatch.undo()
    plain = {record.key: record.array for record in record_case(case, "torch", "float64")}
    masked = {row.name for row in rows if row.role == "output"}
    assert masked and all(f"output:{name}" in plain for name in masked)


# Weights both ways


@pytest.mark.parametrize("name", QUICK)
def test_weights_move_both_ways(name):
    """torch → Keras → torch, bit for bit, all names."""
    net, twin = randomised(getattr(torch_ref.models, name)(**QUICK[name]), spread), getattr(tf_impl.models, name)(**QUICK[name])
    expected = {key: value.numpy() for key, value in net.state_dict().items()}
    twin(np.zeros((1, 16, 16, 3), np.float32))
    load_state_dict(twin, expected)
    actual = state_dict(twin)
    assert list(actual) == list(expected)
    for key, value in expected.items():
        np.testing.assert_array_equal(actual[key], value, err_msg=key)


# Real input


def test_unet_on_photographs():
    """Two photographs, each pixel's class its brightness; the notes' net, cut and padded, through the public check: outputs, gradients, three steps."""
    pixels = photographs(60)[0]
    brightness = np.digitize(pixels.mean(1), (0.3, 0.6))
    net, twin = torch_ref.models.UNet(num_classes=3, width=4, depth=2), tf_impl.models.UNet(num_classes=3, width=4, depth=2)
    report = parity.check(
        net,
        twin,
        pixels,
        targets=brightness[:, 20:40, 20:40],
        loss=(nn.CrossEntropyLoss(), lambda output, target: CrossEntropyLoss()(output, target)),
        optimizer=(lambda parameters: torch.optim.SGD(parameters, lr=0.25), SGD(lr=0.25)),
        steps=3,
    )
    before_norm = re.compile(r"double_conv\.[03]\.bias")  # the norm takes it off again: its gradient is 0 but for rounding, and 7e-18 beside 0 is no agreement
    assert [(row.role, row.name, str(row.verdict)) for row in report.rows if row.verdict.failing and not before_norm.search(row.name)] == []
    assert not report.findings


# Bad input

SMALLEST = {"UNet": (188, {"width": 1}), "SegNet": (32, {"width": 1})}


@pytest.mark.parametrize("name", SMALLEST)
def test_smallest_image(name):
    """One pixel less is refused by both, by the twin in a sentence."""
    side, config = SMALLEST[name]
    net, twin = getattr(torch_ref.models, name)(**config).eval(), getattr(tf_impl.models, name)(**config)
    assert net(torch.zeros(1, 3, side, side)).shape[2:] == twin(np.zeros((1, side, side, 3), np.float32)).shape[1:3]
    with pytest.raises(RuntimeError):
        net(torch.zeros(1, 3, side - 1, side))
    with pytest.raises(ValueError, match=f"{name} needs images of at least {side}×{side}"):
        twin(np.zeros((1, side - 1, side, 3), np.float32))


@pytest.mark.parametrize("name", QUICK)
def test_images_that_are_refused(name):
    """Other channels, channels first, integers: by name, before the first layer."""
    net, twin = getattr(torch_ref.models, name)(**QUICK[name]), getattr(tf_impl.models, name)(**QUICK[name])
    bad = {
        "in_channels=3": np.zeros((2, 16, 16, 4), np.float32),
        "channels first": np.zeros((2, 3, 16, 16), np.float32),
        "float": np.zeros((2, 16, 16, 3), np.uint8),
    }
    for says, x in bad.items():
        with pytest.raises(ValueError, match=says) as caught:
            twin(x)
        assert name in str(caught.value)
    for x in (torch.zeros(2, 4, 16, 16), torch.zeros(2, 3, 16, 16, dtype=torch.uint8)):
        with pytest.raises(RuntimeError):
            net(x)


@pytest.mark.parametrize(
    ("name", "config", "says"),
    [
        ("UNet", {"padding": 2}, "padding"),
        ("FCN32s", {"layers": (2, 2)}, "five stages"),
        ("DeepLabV3", {"output_stride": 4}, "output_stride"),
        ("DeepLabV3", {**HEAD, "multi_grid": (1, 2)}, "multi_grid"),
        ("DeepLabV3Plus", {"output_stride": 32}, "output_stride"),
        ("DenseCRF", {"theta_beta": 0.0}, "theta"),
    ],
)
def test_arguments_that_are_refused(name, config, says):
    for models in (torch_ref.models, tf_impl.models):
        with pytest.raises(ValueError, match=says):
            getattr(models, name)(**config)


def test_crf_refuses_other_sizes_and_integers():
    crf, twin = torch_ref.models.DenseCRF(), tf_impl.models.DenseCRF()
    for scores, pixels, says in (((1, 4, 5, 2), (1, 4, 6, 3), "agree"), ((1, 4, 5, 2), (2, 4, 5, 3), "agree")):
        with pytest.raises(ValueError, match=says):
            crf(torch.zeros(*scores).movedim(-1, 1), torch.zeros(*pixels).movedim(-1, 1))
        with pytest.raises(ValueError, match=says):
            twin(np.zeros(scores, np.float32), np.zeros(pixels, np.float32))
    with pytest.raises(ValueError, match="float"):
        twin(np.zeros((1, 4, 5, 2), np.float32), np.zeros((1, 4, 5, 3), np.uint8))
    with pytest.raises(ValueError, match="float"):
        crf(torch.zeros(1, 2, 4, 5), torch.zeros(1, 3, 4, 5, dtype=torch.uint8))


def test_one_image_cannot_train_where_its_mean_is_normalised():
    """One value per channel: both refuse."""
    config = {**HEAD, "hidden": 6}
    for name in ("DeepLabV3", "PSPNet"):
        with pytest.raises(ValueError, match="more than 1 value"):
            getattr(torch_ref.models, name)(**config)(torch.zeros(1, 3, 33, 33))
        with pytest.raises(ValueError, match="more than one value"):
            getattr(tf_impl.models, name)(**config)(np.zeros((1, 33, 33, 3), np.float32), training=True)


def test_resizing_keeps_the_precision():
    """Whatever the policy: a layer made inside `call` would cast to it."""
    assert keras.backend.standardize_dtype(twin_resized(keras.ops.ones((1, 2, 3, 1), "float64"), (4, 5)).dtype) == "float64"
