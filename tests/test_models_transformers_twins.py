"""Transformers, ConvNeXt, recurrent, generative and reinforcement networks on both sides: weights both ways, fed masks, what starts where, bad input."""

import re
from dataclasses import replace
from itertools import count

import keras
import numpy as np
import pytest
import torch
from networks import DROPS, STAGES, SWIN, VIT, pictures, randomised

import tf_impl.models
import torch_ref.models
from parity.case import Build, Case, image, labels, seeded
from parity.comparison import compare
from parity.recording import record_case
from tf_impl.layers import StochasticDepth
from tf_impl.saving.state_dict import load_state_dict, state_dict

# Weights both ways

QUICK = {
    "VisionTransformer": (VIT, (2, 3, 21, 21)),
    "SwinTransformer": (SWIN, (2, 3, 20, 24)),
    "ConvNeXt": ({"block_setting": STAGES, "num_classes": 5}, (2, 3, 32, 32)),
    "GRUClassifier": ({"hidden_size": 5, "num_layers": 2}, (2, 1, 9, 28)),
    "LSTMClassifier": ({"hidden_size": 5}, (2, 1, 9, 28)),
    "RNNClassifier": ({"hidden_size": 5}, (2, 1, 9, 28)),
    "Generator": ({"nz": 5, "ngf": 3, "image_size": 16}, (2, 5, 1, 1)),
    "Discriminator": ({"ndf": 3, "image_size": 16}, (2, 3, 16, 16)),
    "AtariQNetwork": ({"n_actions": 3, "width": 3, "hidden": 7}, (2, 4, 84, 84)),
    "Autoencoder": ({"in_features": 60, "widths": [7, 3]}, (2, 2, 5, 6)),
}


@pytest.mark.parametrize("name", QUICK)
def test_weights_move_both_ways(name):
    """torch → Keras → torch, bit for bit, all names."""
    config, shape = QUICK[name]
    net, twin = randomised(getattr(torch_ref.models, name)(**config)), getattr(tf_impl.models, name)(**config)
    twin(np.moveaxis(pictures(*shape).numpy(), 1, -1))
    expected = {key: value.numpy() for key, value in net.state_dict().items()}
    load_state_dict(twin, expected)
    actual = state_dict(twin)
    assert list(actual) == list(expected)
    for key, value in expected.items():
        np.testing.assert_array_equal(actual[key], value, err_msg=key)


# Dropout under fed masks


class Masks:
    """The same masks for both frameworks, in the order in which they are asked for."""

    def __init__(self) -> None:
        self.asked = count()

    def __call__(self, shape: tuple[int, ...], p: float) -> np.ndarray:
        return (seeded("mask", next(self.asked), *shape).random(shape) >= p) / (1 - p)


def feed(monkeypatch: pytest.MonkeyPatch, masks: Masks) -> None:
    def torch_dropout(input, p=0.5, training=True, inplace=False):
        return input * torch.from_numpy(masks(tuple(input.shape), p)).to(input.dtype) if training and p else input

    def torch_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False):
        weights = torch.softmax(query @ key.transpose(-2, -1) * query.shape[-1] ** -0.5, dim=-1)
        return torch_dropout(weights, dropout_p) @ value

    def keras_dropout(inputs, rate, noise_shape=None, seed=None):
        return inputs * keras.ops.convert_to_tensor(masks(tuple(inputs.shape), rate), inputs.dtype)

    monkeypatch.setattr(torch.nn.functional, "dropout", torch_dropout)
    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", torch_attention)
    monkeypatch.setattr(keras.src.backend.random, "dropout", keras_dropout)


FED = [
    Case("models.vit:VisionTransformer", config={**VIT, **DROPS}, inputs={"x": image(3, 3, 21, 21)}),
    Case("models.swin:SwinTransformer", config={**SWIN, **DROPS, "stochastic_depth_prob": 0.0}, inputs={"x": image(2, 3, 29, 24)}),
]


@pytest.mark.parametrize("case", FED, ids=str)
def test_dropout_under_fed_masks(case, monkeypatch):
    """Every dropout of the network, those of attention weights too: outputs, gradients and two steps."""
    classes = labels(case.inputs["x"].shape[0], classes=5)
    case = replace(case, training=True, steps=2, loss=Build("losses.cross_entropy:CrossEntropyLoss"), targets=classes)
    traces = []
    for framework in ("torch", "keras"):
        for dtype in ("float64", "float32"):
            masks = Masks()
            with monkeypatch.context() as patch:
                feed(patch, masks)
                traces.append(record_case(case, framework, dtype))
            assert next(masks.asked) > 10
    assert compare(*traces).ok, compare(*traces).table


# Stochastic depth


def test_stochastic_depth_drops_all_or_the_share_it_should():
    x = np.ones((2000, 2, 3), np.float32)
    assert not np.any(StochasticDepth(1.0, "row")(x, training=True))
    assert not np.any(StochasticDepth(0.25, "batch")(x, np.array(False), training=True))
    drawn = keras.ops.convert_to_numpy(StochasticDepth(0.25, "row")(x, training=True))
    assert set(np.unique(drawn)) == {np.float32(0), np.float32(1 / 0.75)}
    assert (drawn == drawn[:, :1, :1]).all(), "an example goes as a whole"
    assert abs((drawn[:, 0, 0] == 0).mean() - 0.25) < 5 * (0.25 * 0.75 / 2000) ** 0.5
    whole = [keras.ops.convert_to_numpy(StochasticDepth(0.5, "batch")(x, training=True)) for _ in range(20)]
    assert {len(np.unique(batch)) for batch in whole} == {1}
    assert len({batch[0, 0, 0] for batch in whole}) == 2


# What starts where, what is copied


@pytest.mark.parametrize(("name", "config"), [("Generator", {"ngf": 16}), ("Discriminator", {"ndf": 16})])
def test_gan_starts_as_the_paper_says(name, config):
    """Kernels N(0, 0.02²), the normalisations' weights N(1, 0.02²): means and deviations within five standard errors on both sides."""
    net, twin = getattr(torch_ref.models, name)(**config), getattr(tf_impl.models, name)(**config)
    twin(np.zeros((1, 1, 1, 100) if name == "Generator" else (1, 64, 64, 3), np.float32))
    sides = {"torch": {key: value.numpy() for key, value in net.state_dict().items()}, "keras": state_dict(twin)}
    for side, state in sides.items():
        for rank, centre in ((4, 0.0), (1, 1.0)):
            drawn = np.concatenate([value.ravel() for key, value in state.items() if key.endswith("weight") and value.ndim == rank])
            assert abs(drawn.mean() - centre) < 5 * 0.02 / drawn.size**0.5, (side, rank)
            assert abs(drawn.std() - 0.02) < 5 * 0.02 / (2 * drawn.size) ** 0.5, (side, rank)


def test_encoder_starts_another_net():
    twin = tf_impl.models.Autoencoder(12, (5, 2))
    x = seeded("rows").normal(size=(4, 12)).astype(np.float32)
    other = twin.classifier(3)
    hidden = keras.ops.convert_to_numpy(other[2](other[1](other[0](x))))
    np.testing.assert_array_equal(hidden, keras.ops.convert_to_numpy(twin.encode(x)))
    other[0].kernel.assign(other[0].kernel * 0)
    assert np.any(keras.ops.convert_to_numpy(twin.encoder[0].kernel)), "a copy"
    assert tuple(other(x).shape) == (4, 3)


def test_target_network_is_renewed_by_sync_alone():
    x = pictures(5, 3)
    net, twin = torch_ref.models.DQN(3, 2, 4), tf_impl.models.DQN(3, 2, 4)
    before, twins = net.target_net(x), keras.ops.convert_to_numpy(twin.target_net(x.numpy()))
    torch.nn.init.ones_(net.eval_net.out.bias)
    twin.eval_net.out.bias.assign([1.0, 1.0])
    assert torch.equal(net.target_net(x), before)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(twin.target_net(x.numpy())), twins)
    net.sync()
    twin.sync()
    assert torch.equal(net.target_net(x), net.eval_net(x))
    np.testing.assert_array_equal(twin.target_net(x.numpy()), twin.eval_net(x.numpy()))
    assert len(twin.trainable_variables) == 4


# Bad input

REFUSED = [
    ("VisionTransformer", VIT, (2, 3, 28, 28), "image_size=21"),
    ("VisionTransformer", VIT, (2, 4, 21, 21), "in_channels=3"),
    ("VisionTransformer", VIT, (3, 21, 21), "(N, H, W, C)"),
    ("SwinTransformer", SWIN, (2, 3, 3, 24), "4×4 pixels"),
    ("SwinTransformer", SWIN, (2, 1, 24, 24), "in_channels=3"),
    ("ConvNeXt", {"block_setting": STAGES}, (2, 3, 31, 40), "32×32 pixels"),
    ("ConvNeXt", {"block_setting": STAGES}, (2, 6, 32, 32), "in_channels=3"),
    ("LSTMClassifier", {"hidden_size": 4}, (2, 1, 28, 27), "input_size=28"),
    ("RNNClassifier", {"hidden_size": 4}, (2, 3, 28, 28), "in_channels=1"),
    ("GRUClassifier", {"hidden_size": 4}, (2, 1, 0, 28), "1×1 pixels"),
    ("Generator", {"nz": 5, "ngf": 3, "image_size": 8}, (2, 4, 1, 1), "in_channels=5"),
    ("Discriminator", {"ndf": 3, "image_size": 8}, (2, 3, 16, 16), "image_size=8"),
    ("AtariQNetwork", {"n_actions": 3, "width": 3, "hidden": 7}, (2, 4, 80, 84), "84×84 pixels"),
    ("AtariQNetwork", {"n_actions": 3, "width": 3, "hidden": 7}, (2, 4, 92, 84), "in_features"),
    ("Autoencoder", {"in_features": 60, "widths": [3]}, (2, 2, 5, 5), "in_features"),
    ("QNetwork", {}, (2, 3), "in_features=4"),
]


@pytest.mark.parametrize(("name", "config", "shape", "says"), REFUSED)
def test_refused_on_both_sides(name, config, shape, says):
    net, twin = getattr(torch_ref.models, name)(**config).eval(), getattr(tf_impl.models, name)(**config)
    with pytest.raises((ValueError, RuntimeError)):
        net(torch.zeros(shape))
    with pytest.raises(ValueError, match=re.escape(says)):
        twin(np.moveaxis(np.zeros(shape, np.float32), 1, -1) if len(shape) > 2 else np.zeros(shape, np.float32))


@pytest.mark.parametrize("name", ["VisionTransformer", "SwinTransformer", "ConvNeXt", "LSTMClassifier", "Discriminator", "AtariQNetwork"])
def test_integer_images_are_refused_on_both_sides(name):
    config, shape = QUICK[name]
    with pytest.raises((ValueError, RuntimeError)):
        getattr(torch_ref.models, name)(**config)(torch.zeros(shape, dtype=torch.uint8))
    with pytest.raises(ValueError, match="floats, got uint8"):
        getattr(tf_impl.models, name)(**config)(np.moveaxis(np.zeros(shape, np.uint8), 1, -1))


ARGUMENTS = [
    ("VisionTransformer", {**VIT, "image_size": 22}, "image_size"),
    ("ShiftedWindowAttention", {"dim": 6, "window_size": [3], "shift_size": [1, 1], "num_heads": 2}, "window_size"),
    ("ShiftedWindowAttention", {"dim": 6, "window_size": [3, 3], "shift_size": [1, 1], "num_heads": 4}, "num_heads"),
    ("Generator", {"image_size": 48}, "image_size"),
    ("Discriminator", {"image_size": 4}, "image_size"),
    ("AtariQNetwork", {"n_actions": 3, "image_size": (35, 84)}, "image_size"),
]


@pytest.mark.parametrize(("name", "config", "says"), ARGUMENTS)
def test_arguments_are_refused_on_both_sides(name, config, says):
    for models in (torch_ref.models, tf_impl.models):
        with pytest.raises(ValueError, match=says):
            getattr(models, name)(**config)


def test_masks_that_do_not_fit_are_refused():
    layer, x = StochasticDepth(0.5, "row"), np.ones((3, 2), np.float32)
    with pytest.raises(ValueError, match=r"kept must have the shape \(3,\)"):
        layer(x, np.array([True, False]), training=True)
    with pytest.raises(ValueError, match="mode"):
        StochasticDepth(0.5, "column")
    with pytest.raises(ValueError, match="probability"):
        StochasticDepth(1.5, "row")
