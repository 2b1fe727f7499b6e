"""Detection against implementations nobody here wrote (torchvision), against definitions written out, and Keras' side compiled, saved, and on photographs."""

import importlib
import json
from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
from references import torchvision
from sklearn.datasets import load_sample_images
from torch import nn
from twins.samples import cases, made, public, twin_of, words

import tf_impl.models.detection as keras_detection
import torch_ref.models.detection as detection
from tf_impl.models import yolo_anchor_free as keras_anchor_free
from tf_impl.models import yolo_v1 as keras_yolo_v1
from tf_impl.models import yolo_v3 as keras_yolo_v3
from tf_impl.saving.state_dict import load_state_dict, state_dict
from torch_ref.models.yolo_anchor_free import YOLOAnchorFree
from torch_ref.models.yolo_v1 import YOLOv1
from torch_ref.models.yolo_v3 import YOLOv3

pytestmark = [pytest.mark.xdist_group("detection"), pytest.mark.filterwarnings("ignore")]
SIZES = ((8,), (16,), (32,), (64,), (128,))
TINY = {
    "num_classes": 4,
    "block": "basic",
    "layers": (1, 1, 1, 1),
    "width": 4,
    "out_channels": 6,
    "representation_size": 8,
    "mask_layers": (5,),
    "mask_dim_reduced": 4,
    "sizes": SIZES,
    "canonical_scale": 20,
    "rpn_pre_nms_top_n": (12, 10),
    "rpn_post_nms_top_n": (10, 8),
    "rpn_batch_size_per_image": 8192,
    "box_batch_size_per_image": 4096,
    "box_detections_per_img": 5,
}
ANCHORS = (((40, 55), (14, 45), (60, 30)), ((20, 20), (30, 12), (12, 30)), ((6, 5), (5, 10), (10, 6)))
MODELS = {  # both sides, and how they are built
    "mask_rcnn": (detection.MaskRCNN, keras_detection.MaskRCNN, TINY),
    "yolo_v1": (
        YOLOv1,
        keras_yolo_v1.YOLOv1,
        {"num_classes": 3, "image_size": (64, 96), "stages": ((4, "M"), (6, "M", 8, "M")), "hidden": 9, "cells": (2, 3), "dropout": 0.0, "detections": 5},
    ),
    "yolo_v3": (
        YOLOv3,
        keras_yolo_v3.YOLOv3,
        {"num_classes": 3, "width": 4, "blocks": (1, 1, 1, 1, 1), "anchors": ANCHORS, "detections": 5, "score_threshold": 0.1},
    ),
    "yolo_anchor_free": (
        YOLOAnchorFree,
        keras_anchor_free.YOLOAnchorFree,
        {"num_classes": 3, "width": 4, "depths": (1, 1, 1, 1), "detections": 5, "score_threshold": 0.1},
    ),
}
# Drawn on the photographs, 640 × 427: pagoda and tree; dahlia and its neighbour
BOXES = np.array([[[63.0, 30.0, 372.0, 424.0], [546.0, 136.0, 640.0, 424.0]], [[168.0, 84.0, 447.0, 360.0], [288.0, 375.0, 469.0, 427.0]]])
LABELS = np.array([[1, 2], [3, 3]])


def boxes(count: int, seed: int, size: float = 60.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    corner = torch.rand(count, 2, generator=generator) * size * 0.6
    return torch.cat([corner, corner + 0.5 + torch.rand(count, 2, generator=generator) * size * 0.4], 1)


def part(name: str):
    """A module of torchvision (its packages hide modules behind functions of the same name)."""
    torchvision()
    return importlib.import_module(f"torchvision.{name}")


def numpy(tensor) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(tensor)) if not isinstance(tensor, torch.Tensor) else tensor.detach().numpy()


# torchvision's Mask R-CNN


def test_names_and_shapes_are_torchvisions():
    """Full size, on no device: `strict=True` by keys and shapes."""
    with torch.device("meta"):
        theirs = part("models.detection").maskrcnn_resnet50_fpn(weights=None, weights_backbone=None)
        ours, frozen = detection.MaskRCNN(frozen=False), detection.MaskRCNN()
    expected = {name: value.shape for name, value in theirs.state_dict().items()}
    assert {name: value.shape for name, value in ours.state_dict().items()} == expected
    assert {name: value.shape for name, value in frozen.state_dict().items()} == {k: v for k, v in expected.items() if "num_batches" not in k}
    published = part("models.detection").MaskRCNN_ResNet50_FPN_Weights.COCO_V1.meta["num_params"]
    assert sum(p.numel() for p in frozen.parameters()) == published == 44_401_393
    assert sum(p.numel() for p in ours.parameters()) == 44_454_513


def test_a_frozen_model_takes_the_norms_of_one_that_is_not():
    plain, frozen = detection.MaskRCNN(**TINY, frozen=False), detection.MaskRCNN(**TINY)
    assert str(frozen.load_state_dict(plain.state_dict())) == "<All keys matched successfully>"
    images = torch.rand(1, 3, 32, 64)
    for one, other in zip(plain.eval().backbone(images), frozen.eval().backbone(images), strict=True):
        torch.testing.assert_close(one, other)


@pytest.fixture
def compiled_parts(monkeypatch):
    """torchvision's two compiled operations, by ours: NMS and RoIAlign, which have tests of their own."""
    monkeypatch.setattr(part("ops.boxes"), "nms", detection.nms)
    align = importlib.import_module("torch_ref.models.detection.roi_align").roi_align
    monkeypatch.setattr(
        part("ops.roi_align"),
        "_roi_align",
        lambda features, rois, scale, height, width, ratio, aligned: align(features, rois, (height, width), scale, ratio, aligned),
    )


def test_the_whole_is_torchvisions(compiled_parts):
    """Detections in images of two sizes, five losses and all gradients, in float32: labels and scores bit for bit, the rest as near as it says."""
    torch.manual_seed(0)
    mask_rcnn, faster_rcnn = part("models.detection.mask_rcnn"), part("models.detection.faster_rcnn")
    resnet = part("models").resnet18(weights=None)
    taken = {f"layer{i + 1}": str(i) for i in range(4)}
    backbone = part("models.detection.backbone_utils").BackboneWithFPN(resnet, taken, [64, 128, 256, 512], 12)
    many = {"rpn_batch_size_per_image": 10_000, "box_batch_size_per_image": 10_000}
    theirs = mask_rcnn.MaskRCNN(
        backbone,
        min_size=64,
        max_size=96,
        rpn_anchor_generator=part("models.detection.anchor_utils").AnchorGenerator(SIZES, ((0.5, 1.0, 2.0),) * 5),
        box_head=faster_rcnn.TwoMLPHead(12 * 49, 16),
        box_predictor=faster_rcnn.FastRCNNPredictor(16, 5),
        mask_head=mask_rcnn.MaskRCNNHeads(12, (8, 8), 1),
        mask_predictor=mask_rcnn.MaskRCNNPredictor(8, 8, 5),
        rpn_pre_nms_top_n_train=50, rpn_pre_nms_top_n_test=40, rpn_post_nms_top_n_train=40, rpn_post_nms_top_n_test=20, box_detections_per_img=8, **many,
    )  # fmt: skip
    sizes = {"rpn_pre_nms_top_n": (50, 40), "rpn_post_nms_top_n": (40, 20), "box_detections_per_img": 8}
    ours = detection.MaskRCNN(
        5, "basic", (2, 2, 2, 2), frozen=False, out_channels=12, representation_size=16, mask_layers=(8, 8), mask_dim_reduced=8, sizes=SIZES, **sizes, **many
    )
    for module in theirs.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_var, 0.5, 2.0)
    nn.init.normal_(theirs.rpn.head.cls_logits.weight, std=0.3)
    nn.init.normal_(theirs.rpn.head.bbox_pred.weight, std=0.1)
    ours.load_state_dict(theirs.state_dict(), strict=True)

    images = [torch.rand(3, 60, 80), torch.rand(3, 70, 64)]
    with torch.no_grad():
        expected = theirs.eval()(images)
    for one, other in zip(ours.detect(images, 64, 96), expected, strict=True):
        assert len(one["boxes"]) == 8
        torch.testing.assert_close(one["boxes"], other["boxes"], rtol=1e-6, atol=1e-5)  # theirs divides the sizes in float32
        assert torch.equal(one["labels"], other["labels"])
        assert torch.equal(one["scores"], other["scores"])
        torch.testing.assert_close(one["masks"], other["masks"][:, 0], rtol=1e-5, atol=1e-5)

    images = torch.rand(2, 3, 64, 96)
    found, kinds = torch.tensor(BOXES, dtype=torch.float32) * 0.15, torch.tensor([[1, 2], [3, 0]])
    masks = torch.rand(2, 2, 64, 96) > 0.5
    targets = [{"boxes": b[: (k > 0).sum()], "labels": k[k > 0], "masks": m[k > 0].to(torch.uint8)} for b, k, m in zip(found, kinds, masks, strict=True)]
    expected = theirs.train()(list(images), targets)
    batch, _ = detection.batch_images(list(images), 64, 96)
    losses = ours.train()(batch, found, kinds, masks)
    assert set(losses) == set(expected)
    for name, value in expected.items():
        torch.testing.assert_close(losses[name], value, rtol=1e-6, atol=0)
    gradients = dict(zip(dict(ours.named_parameters()), torch.autograd.grad(sum(losses.values()), list(ours.parameters())), strict=True))
    for (name, _), gradient in zip(theirs.named_parameters(), torch.autograd.grad(sum(expected.values()), list(theirs.parameters())), strict=True):
        assert (gradients[name] - gradient).abs().max() <= 1e-5 * gradient.abs().max(), name


# Its parts


def test_boxes():
    ops, utils = part("ops"), part("models.detection._utils")
    one, other = boxes(7, 1), boxes(5, 2)
    assert torch.equal(detection.box_iou(one, other), ops.box_iou(one, other))
    assert torch.equal(detection.clip_boxes(one - 5, torch.tensor([30, 40])), ops.clip_boxes_to_image(one - 5, (30, 40)))
    weights = (10.0, 10.0, 5.0, 5.0)
    coder = utils.BoxCoder(weights)
    assert torch.equal(detection.encode_boxes(one[:5], other, weights), coder.encode_single(one[:5], other))
    codes = torch.randn(5, 4) * 20
    assert torch.equal(detection.decode_boxes(codes, other, weights), coder.decode_single(codes, other))
    torch.testing.assert_close(1 - detection.complete_iou(one[:5], other), ops.complete_box_iou_loss(one[:5], other), rtol=1e-5, atol=1e-5)


def test_anchors():
    generator = part("models.detection.anchor_utils").AnchorGenerator(((32, 45), (64, 90)), ((0.5, 1.0, 2.0),) * 2)
    images = part("models.detection.image_list").ImageList(torch.zeros(1, 3, 99, 150), [(99, 150)])
    expected = generator(images, [torch.zeros(1, 1, 13, 19), torch.zeros(1, 1, 7, 10)])[0]
    actual = detection.grid_anchors(((13, 19), (7, 10)), (99, 150), ((32, 45), (64, 90)), ((0.5, 1.0, 2.0),) * 2)
    assert torch.equal(actual, expected)


@pytest.mark.parametrize("low_quality", [False, True])
def test_matcher(low_quality):
    overlaps = detection.box_iou(boxes(6, 3), boxes(200, 4))
    expected = part("models.detection._utils").Matcher(0.5, 0.3, low_quality)(overlaps.clone())
    assert torch.equal(detection.match(overlaps, 0.5, 0.3, low_quality), expected)


def test_sampler_with_fed_permutations(monkeypatch):
    kinds, priorities = torch.randint(-1, 3, (2, 40)), torch.rand(2, 40)
    rows = iter([row[mask] for row, kind in zip(priorities, kinds, strict=True) for mask in (kind >= 1, kind == 0)])
    monkeypatch.setattr(torch, "randperm", lambda count, device=None: next(rows).argsort())
    expected = part("models.detection._utils").BalancedPositiveNegativeSampler(16, 0.25)(list(kinds))
    for actual, masks in zip(detection.sample(kinds, priorities, 16, 0.25), expected, strict=True):
        assert torch.equal(actual, torch.stack(masks).bool())


def by_definition(found: np.ndarray, scores: np.ndarray, threshold: float) -> list[int]:
    """Greedy suppression, one box after the other."""
    overlaps = detection.box_iou(torch.tensor(found), torch.tensor(found)).numpy()
    kept: list[int] = []
    for i in np.argsort(-scores, kind="stable"):
        if all(not overlaps[i, j] > threshold for j in kept):
            kept.append(int(i))
    return kept


@pytest.mark.parametrize("threshold", [0.0, 0.1, 0.5, 0.7, 1.0])
def test_nms(threshold):
    """400 boxes, scores of which many are equal; in Keras eager and compiled by XLA."""
    found = boxes(400, 5).numpy()
    scores = np.random.default_rng(0).integers(0, 50, 400).astype(np.float32) / 64
    expected = by_definition(found, scores, threshold)
    assert detection.nms(torch.tensor(found), torch.tensor(scores), threshold).tolist() == expected
    assert numpy(keras_detection.nms(tf.constant(found), tf.constant(scores), threshold)).tolist() == expected
    compiled = tf.function(lambda b, s: keras_detection.keep_mask(b, s, threshold), jit_compile=True)
    assert set(np.flatnonzero(compiled(found, scores))) == set(expected)


def test_nms_of_groups(compiled_parts):
    found, scores, groups = boxes(300, 6), torch.rand(300), torch.randint(0, 4, (300,))
    expected = part("ops.boxes").batched_nms(found, scores, groups, 0.3).tolist()
    assert detection.batched_nms(found, scores, groups, 0.3).tolist() == expected
    assert numpy(keras_detection.batched_nms(*(tf.constant(t.numpy()) for t in (found, scores, groups)), 0.3)).tolist() == expected


def test_nms_of_nothing():
    assert detection.nms(torch.zeros(0, 4), torch.zeros(0), 0.5).tolist() == []
    assert numpy(keras_detection.nms(tf.zeros((0, 4)), tf.zeros((0,)), 0.5)).tolist() == []


def align_by_definition(image: np.ndarray, box: np.ndarray, size: tuple[int, int], scale: float, ratio: int, aligned: bool) -> np.ndarray:
    """The kernel of Detectron and torchvision, sample by sample, for one box and an image (H, W)."""
    height, width = image.shape
    x1, y1, x2, y2 = box * scale - (0.5 if aligned else 0.0)
    w, h = (x2 - x1, y2 - y1) if aligned else (max(x2 - x1, 1.0), max(y2 - y1, 1.0))
    rows, columns = (ratio, ratio) if ratio > 0 else (int(np.ceil(h / size[0])), int(np.ceil(w / size[1])))
    output = np.zeros(size)
    for p, q in np.ndindex(*size):
        for i, j in np.ndindex(rows, columns):
            y, x = y1 + p * h / size[0] + (i + 0.5) * h / size[0] / rows, x1 + q * w / size[1] + (j + 0.5) * w / size[1] / columns
            if y < -1 or y > height or x < -1 or x > width:
                continue
            y, x = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
            a, b = int(y), int(x)
            c, d = min(a + 1, height - 1), min(b + 1, width - 1)
            output[p, q] += (1 - y + a) * ((1 - x + b) * image[a, b] + (x - b) * image[a, d]) + (y - a) * ((1 - x + b) * image[c, b] + (x - b) * image[c, d])
    return output / max(rows * columns, 1)


@pytest.mark.parametrize("ratio", [2, -1])
@pytest.mark.parametrize("aligned", [False, True])
def test_roi_align_by_definition(ratio, aligned):
    rng = np.random.default_rng(1)
    image = rng.normal(size=(9, 13))
    found = np.array([[2.0, 1.5, 9.0, 7.0], [0.0, 0.0, 13.0, 9.0], [5.0, 4.0, 5.4, 4.3], [-1.5, -2.0, 4.0, 3.0], [9.5, 6.0, 14.8, 11.5]])
    expected = np.stack([align_by_definition(image, box, (3, 4), 0.75, ratio, aligned) for box in found])
    rois = np.concatenate([np.zeros((len(found), 1)), found], 1)
    actual = detection.roi_align(torch.tensor(image)[None, None], torch.tensor(rois), (3, 4), 0.75, ratio, aligned)
    np.testing.assert_allclose(actual[:, 0], expected, rtol=0, atol=1e-14)
    actual = keras_detection.roi_align(tf.constant(image)[None, ..., None], tf.constant(rois), (3, 4), 0.75, ratio, aligned)
    np.testing.assert_allclose(actual[..., 0], expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("ratio", [3, -1])
def test_roi_align_is_torchvisions_fallback_inside_the_image(ratio):
    """Beyond the edge the fallback repeats the last pixel, where the compiled kernel counts zeros: a box must lie inside."""
    fallback = part("ops.roi_align")._roi_align.__wrapped__  # not compiled
    features = torch.randn(2, 3, 11, 17, dtype=torch.float64, requires_grad=True)
    rois = torch.cat([torch.tensor([[0.0], [1.0]] * 5), boxes(10, 7, 20.0)], 1).double()
    ours, theirs = detection.roi_align(features, rois, (4, 3), 0.5, ratio), fallback(features, rois, 0.5, 4, 3, ratio, False)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-14)
    gradients = [torch.autograd.grad(output.sin().sum(), features)[0] for output in (ours, theirs)]
    torch.testing.assert_close(*gradients, rtol=0, atol=1e-13)


def test_masks():
    heads = part("models.detection.roi_heads")
    masks = torch.rand(5, 28, 28)
    found = torch.tensor([[1.2, 3.0, 40.0, 30.9], [-3.0, -2.0, 10.0, 12.0], [50.0, 10.0, 96.0, 64.0], [20.0, 20.0, 20.5, 20.2], [0.0, 0.0, 96.0, 64.0]])
    expected = heads.paste_masks_in_image(masks[:, None], found, (64, 96))[:, 0]
    assert torch.equal(detection.paste_masks(masks, found, (64, 96)), expected)
    actual = keras_detection.paste_masks(tf.constant(masks.numpy()), tf.constant(found.numpy()), (64, 96))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-5)


def test_transform():
    transform = part("models.detection.transform").GeneralizedRCNNTransform(50, 70, detection.transform.MEAN, detection.transform.STD)
    images = [torch.rand(3, 40, 61), torch.rand(3, 90, 33)]
    expected, _ = transform(images)
    batch, sizes = detection.batch_images(images, 50, 70)
    assert torch.equal(batch, expected.tensors)
    assert sizes.tolist() == [list(size) for size in expected.image_sizes]


# Published counts


def macs(module: nn.Module, *arguments) -> tuple[int, object]:
    """Multiply-adds of convolutions and linear layers, and what the module returns."""
    total = 0

    def count(layer, inputs, output):
        nonlocal total
        if isinstance(layer, nn.ConvTranspose2d):
            total += inputs[0].numel() * layer.weight[0].numel()
        elif isinstance(layer, nn.Conv2d):
            total += output.numel() * layer.weight[0].numel()
        elif isinstance(layer, nn.Linear):
            total += output.numel() * layer.in_features

    hooks = [layer.register_forward_hook(count) for layer in module.modules()]
    output = module(*arguments)
    for hook in hooks:
        hook.remove()
    return total, output


def parameters(*modules: nn.Module) -> int:
    return sum(p.numel() for module in modules for p in module.parameters())


def test_counts_of_mask_rcnn():
    with torch.device("meta"):
        model = detection.MaskRCNN().eval()
        backbone, features = macs(model.backbone, torch.zeros(1, 3, 800, 1216))
        rpn, _ = macs(model.rpn.head, features)
        heads = model.roi_heads
        box = macs(nn.Sequential(heads.box_head, heads.box_predictor), torch.zeros(1000, 256, 7, 7))[0]
        mask = macs(nn.Sequential(heads.mask_head, heads.mask_predictor), torch.zeros(100, 256, 14, 14))[0]
    told = [(parameters(model.backbone), backbone), (parameters(model.rpn), rpn), (parameters(heads.box_head, heads.box_predictor), box)]
    told.append((parameters(heads.mask_head, heads.mask_predictor), mask))
    documentation = importlib.import_module("torch_ref.models.detection.mask_rcnn").__doc__
    for count, operations in [*told, tuple(map(sum, zip(*told, strict=True)))]:
        assert f"| {count:,} | {operations / 1e9:.1f} G |" in documentation


@pytest.mark.parametrize(
    ("model", "size", "count", "operations"),
    [(YOLOv1, (448, 448), 271_703_550, "20.3 G"), (YOLOv3, (416, 416), 61_949_149, "32.9 G"), (YOLOAnchorFree, (640, 640), 3_157_184, "4.4 G")],
)
def test_counts_of_yolo(model, size, count, operations, monkeypatch):
    """v3's is the published 61,949,149; YOLOv8n's is 3,157,200, of which 16 are the numbers 0 … 15."""
    module = importlib.import_module(model.__module__)
    monkeypatch.setattr(module, "best_detections", lambda *args, **options: {})
    with torch.device("meta"):
        network = model().eval()
        total, _ = macs(network, torch.zeros(1, 3, *size))
    assert parameters(network) == count
    assert f"{total / 1e9:.1f} G" == operations
    assert f"{count:,} parameters" in module.__doc__
    assert operations in module.__doc__


# The Keras side


def pair(name: str):
    """Both models with the same weights, randomised."""
    reference, twin, config = MODELS[name]
    torch.manual_seed(0)
    torch_model, keras_model = reference(**config).eval(), twin(**config)
    with torch.no_grad():
        for tensor in torch_model.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(torch.rand_like(tensor) + 0.5 if tensor.ndim == 1 else torch.randn_like(tensor) / tensor[0].numel() ** 0.5)
    keras_model(np.zeros((1, 64, 96, 3), np.float32), training=False)
    weights = {name: tensor.numpy() for name, tensor in torch_model.state_dict().items()}
    load_state_dict(keras_model, weights)
    back = state_dict(keras_model)
    assert set(back) == set(weights)
    assert all(np.array_equal(back[name], weight) for name, weight in weights.items())
    return torch_model, keras_model


def photographs(size: tuple[int, int] = (64, 96)) -> torch.Tensor:
    """scikit-learn's two, (2, 3, H, W) in 0 … 1."""
    images = torch.tensor(np.stack(load_sample_images().images)).permute(0, 3, 1, 2).float() / 255
    return nn.functional.interpolate(images, size, mode="bilinear", antialias=True).clamp(0, 1)


@pytest.mark.parametrize("name", MODELS)
def test_photographs(name):
    """Detections and losses of the photographs, with the boxes drawn on them, on both sides from the same weights."""
    torch_model, keras_model = pair(name)
    images = photographs()
    targets = targets_of(name)
    if name == "mask_rcnn":
        y, x = np.mgrid[:64, :96]
        inside = [(x >= b[0]) & (x < b[2]) & (y >= b[1]) & (y < b[3]) for b in targets[0].reshape(-1, 4)]
        targets[2] = np.stack(inside).reshape(2, 2, 64, 96)
    channels_last = images.permute(0, 2, 3, 1).numpy()
    with torch.no_grad():
        expected = torch_model(images)
        losses = torch_model.train()(images, *map(torch.tensor, targets))
    actual = keras_model(channels_last, training=False)
    assert (expected["labels"] > 0).any()
    for key, value in expected.items():
        np.testing.assert_allclose(numpy(actual[key]), value, rtol=1e-3, atol=1e-3 * float(value.double().abs().max()), err_msg=key)
    actual = keras_model(channels_last, *targets, training=True)
    for key, value in losses.items():
        np.testing.assert_allclose(numpy(actual[key]), value, rtol=1e-4, err_msg=key)


def targets_of(name: str) -> list:
    found = [(BOXES * np.array([96 / 640, 64 / 427] * 2)).astype(np.float32), LABELS]
    return found + ([np.random.default_rng(1).random((2, 2, 64, 96)) > 0.5] if name == "mask_rcnn" else [])


@pytest.mark.parametrize("name", MODELS)
def test_graph_and_file(name, tmp_path):
    """Detections from a graph that does not know its batch, out of a file and compiled again, losses from a graph with gradients."""
    keras.utils.set_random_seed(0)
    _, twin, config = MODELS[name]
    model = twin(**config)
    images = np.random.default_rng(0).random((2, 64, 96, 3), np.float32)
    expected = {key: numpy(value) for key, value in model(images, training=False).items()}
    symbol = keras.Input((64, 96, 3))
    functional = keras.Model(symbol, model(symbol, training=False))
    functional.save(tmp_path / "model.keras")
    actual = tf.function(keras.saving.load_model(tmp_path / "model.keras"))(images)
    for key, value in expected.items():
        np.testing.assert_allclose(numpy(actual[key]), value, rtol=1e-3, atol=1e-4, err_msg=key)

    @tf.function
    def step(images, *targets):
        with tf.GradientTape() as tape:
            total = sum(model(images, *targets, training=True).values())
        return total, tape.gradient(total, model.trainable_variables)

    targets = targets_of(name)
    expected = sum(model(images, *targets, training=True).values())
    total, gradients = step(images, *map(tf.constant, targets))
    np.testing.assert_allclose(total, expected, rtol=1e-4)
    assert all(gradient is not None for gradient in gradients)


def test_losses_in_xla():
    """Everything whose shapes could depend on values, compiled: the heads' losses, targets and suppression."""
    rng = np.random.default_rng(0)
    found, kinds = map(tf.constant, targets_of("yolo"))
    answers = [tf.constant(rng.normal(size=(2, count, width)).astype(np.float32)) for count, width in ((378, 8), (6, 13), (126, 32), (126, 3))]
    scores = tf.constant(rng.random((2, 2, 3)).astype(np.float32))
    functions = {
        "v3": lambda: keras_yolo_v3.yolo_v3_loss(answers[0], found, kinds, (64, 96), ANCHORS),
        "v1": lambda: keras_yolo_v1.yolo_v1_loss(answers[1], found, kinds, (64, 96), (2, 3)),
        "anchor-free": lambda: keras_anchor_free.anchor_free_loss(answers[2], answers[3], found, kinds, (64, 96)),
        "detections": lambda: keras_detection.best_detections(found, scores),
    }
    for function in functions.values():
        expected = function()
        for key, value in tf.function(function, jit_compile=True)().items():
            np.testing.assert_allclose(value, expected[key], rtol=1e-5, err_msg=key)
    _, twin, config = MODELS["mask_rcnn"]
    model = twin(**config)
    given = [rng.random((2, 64, 96, 3)).astype(np.float32), *targets_of("mask_rcnn")]
    expected = model(*given, training=True)
    actual = tf.function(lambda *args: model(*args, training=True), jit_compile=True)(*map(tf.constant, given))
    for key, value in expected.items():
        np.testing.assert_allclose(actual[key], value, rtol=1e-4, err_msg=key)


LAYERS = [
    target
    for target in public("models.detection", "models.yolo_v1", "models.yolo_v3", "models.yolo_anchor_free", of=keras.layers.Layer)
    if target.startswith(("models.detection.", "models.yolo_")) and not target.rpartition(":")[2].startswith("_")
]


def test_configurations():
    """PyTorch's words and Keras' own three, as JSON, and nothing is lost on the way."""
    assert len(LAYERS) >= 17
    for target in LAYERS:
        case = max(cases(target), key=lambda case: len(case.config))
        layer = made(case)
        config = layer.get_config()
        assert set(config) == words(twin_of(case)) | {"name", "trainable", "dtype"}, target
        again = type(layer).from_config(json.loads(json.dumps(config)))
        assert json.dumps(again.get_config()) == json.dumps(config), target
        assert [v.shape for v in again.variables] == [v.shape for v in layer.variables], target


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_keeps_coordinates(policy):
    """Convolutions in halves; boxes, scores and losses in float32."""
    _, twin, config = MODELS["mask_rcnn"]
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = twin(**config)
        images = np.random.default_rng(0).random((2, 64, 96, 3), np.float32)
        found = model(images, training=False)
        losses = model(images, *targets_of("mask_rcnn"), training=True)
    finally:
        keras.config.set_dtype_policy(before)
    assert model.backbone.body.conv1.compute_dtype == policy.removeprefix("mixed_")
    assert {found[name].dtype for name in ("boxes", "scores", "masks")} == {tf.float32}
    assert np.isfinite(numpy(found["boxes"])).all()
    assert {value.dtype for value in losses.values()} == {tf.float32}
    assert all(np.isfinite(numpy(value)) for value in losses.values())


# Bad input: one clear error on both sides

GOOD = {
    "images": np.zeros((1, 64, 64, 3), np.float32),
    "boxes": np.array([[[2.0, 2.0, 30.0, 20.0]]], np.float32),
    "labels": np.array([[1]]),
    "masks": np.zeros((1, 1, 64, 64), bool),
}
BAD = [  # model, what is wrong, what the message says
    ("mask_rcnn", {"images": np.zeros((1, 64, 64, 4), np.float32)}, "in_channels=3"),
    ("mask_rcnn", {"images": np.zeros((1, 64, 64, 3), np.uint8)}, "float.*, got .*uint8"),
    ("mask_rcnn", {"images": np.zeros((1, 31, 64, 3), np.float32)}, "at least 32×32( pixels)?, got 31×64"),
    ("mask_rcnn", {"boxes": np.array([[[5.0, 5.0, 5.0, 9.0]]], np.float32)}, "positive width and height .* box 0 of image 0"),
    ("mask_rcnn", {"boxes": None}, "needs boxes, labels and masks"),
    ("mask_rcnn", {"labels": np.array([[1, 2]])}, r"labels must have one number a box: expected shape \(1, 1\), got \(1, 2\)"),
    ("mask_rcnn", {"boxes": np.array([[[2, 2, 30, 20]]])}, r"boxes must be floats \(..., 4\)"),
    ("mask_rcnn", {"masks": np.zeros((1, 1, 32, 32), bool)}, "masks must be as large as the images"),
    ("yolo_v1", {}, "built for .*64, 96|built for images of 64×96"),
    ("yolo_v3", {"images": np.zeros((1, 64, 65, 3), np.float32)}, "multiples of 32, got 64×65"),
    ("yolo_v3", {"images": np.zeros((1, 64, 64, 3), np.int64)}, "float.*int64"),
    ("yolo_v3", {"boxes": np.array([[[9.0, 5.0, 5.0, 9.0]]], np.float32)}, "positive width and height"),
    ("yolo_anchor_free", {"images": np.zeros((1, 16, 64, 3), np.float32)}, "multiples of 32, got 16×64"),
    ("yolo_anchor_free", {"labels": None}, "needs boxes and labels"),
]


@cache
def refusing(name: str):
    """Both models, made once: what is refused leaves no trace."""
    reference, twin, config = MODELS[name]
    return reference(**config).train(), twin(**config)


@pytest.mark.parametrize(("name", "wrong", "message"), BAD, ids=[f"{name}-{i}" for i, (name, *_) in enumerate(BAD)])
def test_bad_input(name, wrong, message):
    reference, twin = refusing(name)
    given = {**GOOD, **wrong}
    order = ["images", "boxes", "labels", *(["masks"] if name == "mask_rcnn" else [])]
    channels_first = {**given, "images": np.moveaxis(given["images"], -1, 1)}
    with pytest.raises(ValueError, match=message):
        reference(*(None if channels_first[key] is None else torch.tensor(channels_first[key]) for key in order))
    with pytest.raises(ValueError, match=message):
        twin(*(given[key] for key in order), training=True)


def test_bad_functions():
    for side, tensor in ((detection, torch.tensor), (keras_detection, tf.constant)):
        with pytest.raises(ValueError, match="one number a box"):
            side.nms(tensor([[0.0, 0.0, 1.0, 1.0]]), tensor([0.5, 0.6]), 0.5)
        with pytest.raises(ValueError, match=r"rois must be \(K, 5\)"):
            side.roi_align(tensor(np.zeros((1, 4, 4, 4), np.float32)), tensor([[0.0, 0.0, 1.0, 1.0]]), (2, 2))
        with pytest.raises(ValueError, match="name images 3"):
            side.roi_align(tensor(np.zeros((1, 4, 4, 4), np.float32)), tensor([[3.0, 0.0, 0.0, 1.0, 1.0]]), (2, 2))
        with pytest.raises(ValueError, match="low must be between 0 and high"):
            side.match(tensor([[0.5]]), 0.3, 0.7)
        with pytest.raises(ValueError, match="one tuple for each of 2"):
            side.grid_anchors(((1, 1), (2, 2)), (8, 8), ((4,),), ((1.0,),))
