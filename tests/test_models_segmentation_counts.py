"""Segmentation networks: published counts, measured receptive fields, dilations."""

import pytest
import torch
from networks import counted
from torch import nn

import torch_ref.models
from torch_ref.models import deeplab_v1, deeplab_v2, deeplab_v3, deeplab_v3_plus, fcn, pspnet, segnet, unet
from torch_ref.models._segmentation import DilatedResNet

COUNTS = {  # how it is built, the image, parameters, multiply-adds; what the papers print stands beside it
    "UNet": (unet.UNet, (3, 572, 572), 31_043_586, 150.803),
    "SegNet": (segnet.SegNet, (3, 360, 480), 29_455_125, 107.283),
    "SegNet, 12 classes": (lambda: segnet.SegNet(num_classes=12), (3, 360, 480), 29_449_932, 106.387),  # table 4: 29.45 M
    "FCN32s": (fcn.FCN32s, (3, 500, 500), 136_152_917, 181.366),  # table 1: 134 M, without what spreads the scores
    "FCN16s": (fcn.FCN16s, (3, 500, 500), 134_815_994, 181.448),
    "FCN8s": (fcn.FCN8s, (3, 500, 500), 134_489_759, 181.529),
    "FCNResNet": (lambda: fcn.FCNResNet(aux_loss=True), (3, 520, 520), 35_322_218, 152.717),
    "PSPNet": (lambda: pspnet.PSPNet(150), (3, 473, 473), 49_180_908, 161.875),
    "DeepLabV1": (deeplab_v1.DeepLabV1, (3, 321, 321), 21_711_445, 52.953),
    "DeepLabV1, one scale": (lambda: deeplab_v1.DeepLabV1(multi_scale=False), (3, 321, 321), 20_505_429, 50.928),  # table 2, LargeFOV: 20.5 M
    "DeepLabV2": (deeplab_v2.DeepLabV2, (3, 321, 321), 44_048_532, 75.296),
    "DeepLabV3": (lambda: deeplab_v3.DeepLabV3(aux_loss=True), (3, 520, 520), 42_004_074, 178.722),
    "DeepLabV3, multi-grid": (lambda: deeplab_v3.DeepLabV3(output_stride=16, multi_grid=(1, 2, 4)), (3, 513, 513), 39_638_869, 51.078),
    "DeepLabV3Plus": (deeplab_v3_plus.DeepLabV3Plus, (3, 513, 513), 59_344_309, 92.820),
    "DeepLabV3Plus, separable": (lambda: deeplab_v3_plus.DeepLabV3Plus(separable=True), (3, 513, 513), 45_674_853, 60.176),
}


@pytest.mark.parametrize("name", COUNTS)
def test_counts_and_what_the_docstring_says(name):
    make, shape, parameters, giga = COUNTS[name]
    actual, operations = counted(make, (1, *shape))
    assert actual == parameters
    assert operations / 1e9 == pytest.approx(giga, abs=0.0006)
    module = __import__(getattr(torch_ref.models, name.partition(",")[0]).__module__, fromlist=["_"])
    row = next(line for line in module.__doc__.splitlines() if f"{parameters:,}" in line)
    assert f"{giga:.3f} G" in row


class Mean(nn.Module):
    """In the place of maxima, which would hide most of what a network sees."""

    def __init__(self, pool: nn.MaxPool2d) -> None:
        super().__init__()
        self.pool, self.indices = nn.AvgPool2d(pool.kernel_size, pool.stride, pool.padding, ceil_mode=pool.ceil_mode), pool.return_indices

    def forward(self, x):
        return (self.pool(x), x) if self.indices else self.pool(x)


class Repeat(nn.Module):
    def forward(self, x, indices, output_size):
        return nn.functional.interpolate(x, size=output_size)


def field(net: nn.Module, scores, x: torch.Tensor, places: range = range(1)) -> int:
    """The most rows that a score in the middle, or so many places behind it, depends on, all weights positive."""
    for parent in list(net.eval().modules()):
        for name, child in parent.named_children():
            if isinstance(child, nn.MaxPool2d):
                setattr(parent, name, Mean(child))
            elif isinstance(child, nn.MaxUnpool2d):
                setattr(parent, name, Repeat())
    for parameter in net.parameters():
        nn.init.constant_(parameter, 0.1)
    x = x.double().requires_grad_()
    y = scores(net.double(), x)
    widest = 0
    for place in places:
        (gradient,) = torch.autograd.grad(y[0, 0, y.shape[2] // 2 + place, y.shape[3] // 2], x, retain_graph=True)
        rows = gradient.abs().sum((0, 1, 3)).nonzero()
        widest = max(widest, int(rows.max() - rows.min()) + 1)
    return widest


NARROW = {"width": 1, "hidden": 1}
RESNET101 = {"layers": (3, 4, 23, 3), "width": 1}
FIELDS = {
    "unet": (lambda: unet.UNet(width=1), lambda net, x: net(x), (476, 188), range(16), 204),
    "segnet": (lambda: segnet.SegNet(width=1), lambda net, x: net(x), (480, 32), range(1), 404),
    "fcn": (lambda: fcn.FCN32s(**NARROW), lambda net, x: net.scores(net.pools(x)[2]), (480, 8), range(1), 404),  # the paper's table 1: 404
    "fcn-8s": (lambda: fcn.FCN8s(**NARROW), lambda net, x: net(x), (640, 1), range(3, 4), 468),
    "fcn-resnet": (lambda: fcn.FCNResNet(width=1), lambda net, x: net.classifier(net.backbone(x)[-1]), (600, 1), range(1), 443),
    "deeplab-v1": (lambda: deeplab_v1.DeepLabV1(**NARROW, branch=1, multi_scale=False), None, (640, 1), range(1), 435),
    "deeplab-v2": (lambda: deeplab_v2.DeepLabV2(**RESNET101), lambda net, x: net.scores(x), (1700, 1), range(1), 1403),
}


@pytest.mark.parametrize("name", FIELDS)
def test_receptive_fields(name, monkeypatch):
    make, scores, size, places, rows = FIELDS[name]
    if scores is None:  # no method of the network gives its scores before they are interpolated
        monkeypatch.setattr(deeplab_v1, "resized", lambda x, *_, **__: x)
    assert field(make(), scores or (lambda net, x: net(x)), torch.ones(1, 3, *size), places) == rows


def test_dilations_as_in_the_paper():
    """The multi-grid's, at both strides; the features keep their size."""
    for stride, expected in ((16, [2, 4, 8]), (8, [4, 8, 16])):
        net = DilatedResNet((1, 1, 2, 3), 2, 3, stride, (1, 2, 4))
        assert [block.conv2.dilation[0] for block in net.layer4] == expected
        assert net(torch.zeros(2, 3, 64, 48))[-1].shape[2:] == (64 // stride, 48 // stride)
