"""Detection networks inside Keras: both sides on photographs, graphs, files, XLA, configurations, halves; bad input on both."""

import json
from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
from networks import BOXES, TINY, numpy
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
LABELS = np.array([[1, 2], [3, 3]])  # of `BOXES`


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
