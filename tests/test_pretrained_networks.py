"""Checkpoints of segmentation and detection networks into either side: files, mappings, norms that are frozen, and what does not fit."""

import importlib
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from tf_impl.checkpoints import from_pretrained as into_twin
from tf_impl.saving.state_dict import StateError, state_dict
from torch_ref.checkpoints import from_pretrained
from torch_ref.saving.state_dict import StateError as TorchStateError
from torch_ref.saving.state_dict import state_dict as torch_state

PLAIN = {"layers": (1, 1, 1, 1), "width": 2}
MASK_RCNN = {"block": "basic", **PLAIN, "num_classes": 3, "out_channels": 4, "representation_size": 5, "mask_layers": (3,), "mask_dim_reduced": 3}
ANCHORS = (((4, 5), (1, 4)), ((2, 2), (3, 1)), ((1, 1), (1, 2)))
NETWORKS = {
    "fcn:FCNResNet": {**PLAIN, "num_classes": 3},
    "unet:UNet": {"width": 2},
    "segnet:SegNet": {"width": 2, "num_classes": 3},
    "pspnet:PSPNet": {**PLAIN, "num_classes": 3, "hidden": 4},
    "deeplab_v1:DeepLabV1": {"width": 2, "hidden": 4, "branch": 2},
    "deeplab_v3:DeepLabV3": {**PLAIN, "num_classes": 3, "hidden": 4, "atrous_rates": (1, 2), "aux_loss": True},
    "deeplab_v3_plus:DeepLabV3Plus": {**PLAIN, "num_classes": 3, "hidden": 4},
    "detection.mask_rcnn:MaskRCNN": MASK_RCNN,
    "yolo_v1:YOLOv1": {"image_size": (64, 96), "stages": ((4, "M"), (6, "M")), "hidden": 9, "cells": (2, 3)},
    "yolo_v3:YOLOv3": {"width": 2, "blocks": (1, 1, 1, 1, 1), "anchors": ANCHORS},
    "yolo_anchor_free:YOLOAnchorFree": {"width": 4, "depths": (1, 1, 1, 1)},
}


def make(root: str, name: str, **more):
    module, _, network = name.partition(":")
    return getattr(importlib.import_module(f"{root}.models.{module}"), network)(**NETWORKS[name], **more)


def made(name: str):
    """Both sides."""
    return make("torch_ref", name), make("tf_impl", name)


def random_state(name: str, **more) -> dict[str, np.ndarray]:
    generator = torch.Generator().manual_seed(0)
    state = torch_state(make("torch_ref", name, **more))
    return {key: value if value.dtype.kind == "i" else torch.rand(value.shape, generator=generator).numpy() for key, value in state.items()}


def written(state: dict[str, np.ndarray], path: Path) -> Path:
    if path.suffix == ".pth":
        torch.save({"epoch": 3, "model": {key: torch.tensor(value) for key, value in state.items()}}, path)
    else:
        save_file(state, path)
    return path


@pytest.mark.parametrize("name", NETWORKS)
def test_files_and_mappings_go_into_both_sides(name, tmp_path):
    """Bit for bit under PyTorch's names; the reference from one kind of file, the twin from the other and from the mapping."""
    state = random_state(name)
    model, twin = made(name)
    from_pretrained(model, written(state, tmp_path / "weights.pth"))
    into_twin(twin, written(state, tmp_path / "weights.safetensors"))
    for found in (torch_state(model), state_dict(twin), state_dict(into_twin(twin, torch_state(model)))):
        assert list(found) == list(state)
        assert all(np.array_equal(found[key], value) for key, value in state.items())


def test_frozen_norms_take_the_weights_of_trained_ones():
    state = random_state("detection.mask_rcnn:MaskRCNN", frozen=False)
    model, twin = made("detection.mask_rcnn:MaskRCNN")
    for found in (torch_state(from_pretrained(model, state)), state_dict(into_twin(twin, state))):
        assert found.keys() == {key for key in state if "num_batches" not in key} < state.keys()
        assert all(np.array_equal(found[key], state[key]) for key in found)


@pytest.mark.parametrize("name", ["deeplab_v3:DeepLabV3", "detection.mask_rcnn:MaskRCNN", "yolo_v3:YOLOv3"])
def test_what_does_not_fit_is_named_and_nothing_is_loaded(name):
    state = random_state(name)
    model, twin = made(name)
    first, *_, last = (key for key in state if "num_batches" not in key)
    wrong = {key: value for key, value in state.items() if key != last} | {"head.scale": np.zeros(2), first: state[first][:, :1]}
    for load, target, read, error in ((from_pretrained, model, torch_state, TorchStateError), (into_twin, twin, state_dict, StateError)):
        before = read(load(target, {key: value * 0 for key, value in state.items()}))
        with pytest.raises(error) as raised:
            load(target, wrong)
        assert all(key in str(raised.value) for key in (first, last, "head.scale", "Nothing was loaded"))
        assert all(np.array_equal(value, before[key]) for key, value in read(target).items())


def test_the_checkpoint_of_another_network():
    model, twin = made("deeplab_v3:DeepLabV3")
    state = random_state("fcn:FCNResNet")
    for load, target, error in ((from_pretrained, model, TorchStateError), (into_twin, twin, StateError)):
        with pytest.raises(error, match=r"missing: .*classifier\.0"):
            load(target, state)
