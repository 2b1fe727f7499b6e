"""Transformers, ConvNeXt, recurrent, generative and reinforcement networks: independent references, published counts, fed masks, bad input."""

import re
from dataclasses import replace
from itertools import count

import keras
import numpy as np
import pytest
import torch
from references import torchvision, transformers
from torch.utils.flop_counter import FlopCounterMode

import tf_impl.models
import torch_ref.models
from parity.case import Build, Case, image, labels, seeded
from parity.comparison import compare
from parity.recording import record_case
from tf_impl.layers import StochasticDepth
from tf_impl.models import convnext as twin_convnext
from tf_impl.saving.state_dict import load_state_dict, state_dict
from torch_ref.models import autoencoder, convnext, dcgan, dqn, recurrent_classifiers, swin, vit

VIT = {"image_size": 21, "patch_size": 7, "num_layers": 2, "num_heads": 2, "hidden_dim": 8, "mlp_dim": 12, "num_classes": 5}
SWIN = {"patch_size": [4, 4], "embed_dim": 8, "depths": [2, 2], "num_heads": [2, 4], "window_size": [3, 3], "num_classes": 5}
STAGES = [(4, 6, 1), (6, 8, 1), (8, 10, 2), (10, None, 1)]
DROPS = {"dropout": 0.2, "attention_dropout": 0.1}


def randomised(net: torch.nn.Module) -> torch.nn.Module:
    """Nothing at its start: a swapped norm or an unread bias must show. Integer buffers stay."""
    with torch.no_grad():
        for name, tensor in net.state_dict().items():
            if tensor.is_floating_point():
                draw = seeded("weight", name).normal(0.5 if tensor.ndim == 1 else 0.0, 0.3, tensor.shape)
                tensor.copy_(torch.from_numpy(draw))
    return net


def pictures(*shape: int) -> torch.Tensor:
    return torch.from_numpy(seeded("pictures", *shape).normal(0.0, 1.0, shape).astype(np.float32))


# torchvision


def of_torchvision(name: str, options: dict) -> torch.nn.Module:
    models = torchvision().models
    if name == "vit":
        return models.VisionTransformer(**VIT, **options)
    if name == "swin":
        return models.SwinTransformer(**SWIN, **options)
    setting = [models.convnext.CNBlockConfig(*stage) for stage in STAGES]
    return models.ConvNeXt(setting, num_classes=5, **options)


def ours(name: str, options: dict) -> torch.nn.Module:
    match name:
        case "vit":
            return vit.VisionTransformer(**VIT, **options)
        case "swin":
            return swin.SwinTransformer(**SWIN, **options)
        case _:
            return convnext.ConvNeXt(STAGES, num_classes=5, **options)


NETS = [
    ("vit", {}, (2, 3, 21, 21)),
    ("vit", {"representation_size": 6, **DROPS}, (2, 3, 21, 21)),
    ("swin", {}, (1, 3, 48, 24)),
    ("swin", {"stochastic_depth_prob": 0.4, **DROPS}, (3, 3, 29, 42)),
    ("swin", {}, (2, 3, 5, 4)),
    ("convnext", {}, (1, 3, 32, 32)),
    ("convnext", {"stochastic_depth_prob": 0.4}, (3, 3, 37, 43)),
]


@pytest.mark.parametrize(("name", "options", "shape"), NETS)
def test_torchvision_gives_the_same_bits(name, options, shape):
    """Scores, in training under the same draws too, and every gradient."""
    theirs, net = randomised(of_torchvision(name, options)), ours(name, options)
    net.load_state_dict(theirs.state_dict(), strict=True)
    assert list(net.state_dict()) == list(theirs.state_dict())
    x = pictures(*shape)
    assert torch.equal(net.eval()(x), theirs.eval()(x))
    for model in (net.train(), theirs.train()):
        torch.manual_seed(3)
        model(x).square().sum().backward()
    for (key, parameter), other in zip(net.named_parameters(), theirs.parameters(), strict=True):
        assert torch.equal(parameter.grad, other.grad), key


FULL = {
    "vit_b_16": (86_567_656, 17.56), "vit_b_32": (88_224_232, 4.41), "vit_l_16": (304_326_632, 61.55), "vit_l_32": (306_535_400, 15.38),
    "vit_h_14": (632_045_800, 167.30), "swin_t": (28_288_354, 4.49), "swin_s": (49_606_258, 8.74), "swin_b": (87_768_224, 15.43),
    "convnext_tiny": (28_589_128, 4.46), "convnext_small": (50_223_688, 8.68), "convnext_base": (88_591_464, 15.35),
    "convnext_large": (197_767_336, 34.36),
}  # fmt: skip
OTHERS = {
    "generator": (dcgan.Generator, (1, 100, 1, 1), 3_576_704, 104_628_224),
    "discriminator": (dcgan.Discriminator, (1, 3, 64, 64), 2_765_568, 103_817_216),
    "atari": (lambda: dqn.AtariQNetwork(4), (1, 4, 84, 84), 1_686_180, 9_345_024),
    "q-network": (dqn.QNetwork, (1, 4), 352, 300),
    "autoencoder": (autoencoder.Autoencoder, (1, 1, 28, 28), 219_891, 218_696),
    "rnn": (recurrent_classifiers.RNNClassifier, (1, 1, 28, 28), 6_666, 165_504),
    "gru": (recurrent_classifiers.GRUClassifier, (1, 1, 28, 28), 18_698, 495_232),
    "lstm": (recurrent_classifiers.LSTMClassifier, (1, 1, 28, 28), 24_714, 660_096),
}


def counted(make, shape: tuple[int, ...]) -> tuple[int, int]:
    """Parameters and multiply-adds, without a number being computed."""
    with torch.device("meta"):
        net, x = make().eval(), torch.empty(shape)
    with FlopCounterMode(display=False) as flops:
        net(x)
    return sum(p.numel() for p in net.parameters()), flops.get_total_flops() // 2


@pytest.mark.parametrize("name", FULL)
def test_published_counts(name):
    """Parameters, multiply-adds of an image of 224 pixels; the docstrings' tables say the same."""
    parameters, giga = FULL[name]
    actual, operations = counted(getattr(torch_ref.models, name), (1, 3, 224, 224))
    assert actual == parameters
    assert operations / 1e9 == pytest.approx(giga, abs=0.006)
    module = {"vit": vit, "swin": swin, "convnext": convnext}[name.partition("_")[0]]
    row = next(line for line in module.__doc__.splitlines() if f"{parameters:,}" in line)
    assert f"{operations / 1e9:.2f} G" in row


@pytest.mark.parametrize("name", OTHERS)
def test_counts_of_small_networks(name):
    make, shape, parameters, operations = OTHERS[name]
    assert counted(make, shape) == (parameters, operations)


@pytest.mark.parametrize("name", FULL)
def test_full_size_has_torchvisions_names_and_shapes(name):
    with torch.device("meta"):
        theirs, net = getattr(torchvision().models, name)(), getattr(torch_ref.models, name)()
    assert {key: value.shape for key, value in net.state_dict().items()} == {key: value.shape for key, value in theirs.state_dict().items()}
    chances = [[m.p for m in model.modules() if type(m).__name__ == "StochasticDepth"] for model in (net, theirs)]
    assert chances[0] == chances[1]


# transformers: the same networks under other names, with query, key and value apart

NAMES = {
    "vit": {
        r"vit\.embeddings\.cls_token": "class_token",
        r"vit\.embeddings\.position_embeddings": "encoder.pos_embedding",
        r"vit\.embeddings\.patch_embeddings\.projection": "conv_proj",
        r"vit\.layers\.(\d+)\.attention\.([qkv])_proj\.(weight|bias)": r"encoder.layers.encoder_layer_\1.self_attention.in_proj_\3|\2",
        r"vit\.layers\.(\d+)\.attention\.o_proj": r"encoder.layers.encoder_layer_\1.self_attention.out_proj",
        r"vit\.layers\.(\d+)\.layernorm_before": r"encoder.layers.encoder_layer_\1.ln_1",
        r"vit\.layers\.(\d+)\.layernorm_after": r"encoder.layers.encoder_layer_\1.ln_2",
        r"vit\.layers\.(\d+)\.mlp\.fc1": r"encoder.layers.encoder_layer_\1.mlp.0",
        r"vit\.layers\.(\d+)\.mlp\.fc2": r"encoder.layers.encoder_layer_\1.mlp.3",
        r"vit\.layernorm": "encoder.ln",
        r"classifier": "heads.head",
    },
    "swin": {
        r"swin\.embeddings\.patch_embeddings\.projection": "features.0.0",
        r"swin\.embeddings\.norm": "features.0.2",
        r"swin\.encoder\.layers\.0\.downsample": "features.2",
        r"swin\.encoder\.layers\.0\.blocks": "features.1",
        r"swin\.encoder\.layers\.1\.blocks": "features.3",
        r"\.attention\.relative_position_bias\.": ".attn.",
        r"\.attention\.([qkv])_proj\.(weight|bias)": r".attn.qkv.\2|\1",
        r"\.attention\.o_proj": ".attn.proj",
        r"\.layernorm_before": ".norm1",
        r"\.layernorm_after": ".norm2",
        r"\.mlp\.fc1": ".mlp.0",
        r"\.mlp\.fc2": ".mlp.3",
        r"swin\.layernorm": "norm",
        r"classifier": "head",
    },
    "convnext": {
        r"classifier": "classifier.2",
        r"convnext\.embeddings\.patch_embeddings": "features.0.0",
        r"convnext\.embeddings\.layernorm": "features.0.1",
        r"convnext\.layernorm": "classifier.0",
        r"convnext\.encoder\.stages\.(\d)\.downsampling_layer\.": lambda found: f"features.{2 * int(found[1])}.",
        r"convnext\.encoder\.stages\.(\d)\.layers\.": lambda found: f"features.{2 * int(found[1]) + 1}.",
        r"layer_scale_parameter": "layer_scale",
        r"\.dwconv": ".block.0",
        r"\.layernorm": ".block.2",
        r"\.pwconv1": ".block.3",
        r"\.pwconv2": ".block.5",
    },
}


def translated(state: dict[str, torch.Tensor], names: dict) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = {}
    for key, value in state.items():
        name = key
        for pattern, replacement in names.items():
            name = re.sub(pattern, replacement, name)
        name, _, part = name.partition("|")
        found[name] = torch.cat([found[name], value]) if part in {"k", "v"} else value
    return found


def of_transformers(name: str) -> torch.nn.Module:
    torchvision()  # transformers imports it, and does not find its compiled operations
    package = transformers()
    if name == "vit":
        config = package.ViTConfig(
            image_size=21, patch_size=7, num_hidden_layers=2, num_attention_heads=2, hidden_size=8, intermediate_size=12, num_labels=5, layer_norm_eps=1e-6
        )
        return package.ViTForImageClassification(config)
    if name == "swin":
        config = package.SwinConfig(image_size=48, patch_size=4, embed_dim=8, depths=[2, 2], num_heads=[2, 4], window_size=3, num_labels=5)
        return package.SwinForImageClassification(config)
    config = package.ConvNextConfig(hidden_sizes=[4, 6, 8, 10], depths=[1, 1, 2, 1], num_labels=5, layer_norm_eps=1e-6)  # its default for the head is 1e-12
    return package.ConvNextForImageClassification(config)


@pytest.mark.parametrize(("name", "shape"), [("vit", (2, 3, 21, 21)), ("swin", (2, 3, 48, 48)), ("convnext", (2, 3, 37, 43))])
def test_transformers_agrees(name, shape):
    """In float64; not to the bit: its query, key and value are products of their own, its λ and means stand elsewhere."""
    theirs = randomised(of_transformers(name)).double().eval()
    state = translated(theirs.state_dict(), NAMES[name])
    net = ours(name, {}).double().eval()
    for key in net.state_dict():
        if key.endswith("relative_position_index"):
            state[key] = net.state_dict()[key]  # transformers computes it
    state = {key: value.reshape(-1, 1, 1) if key.endswith("layer_scale") else value for key, value in state.items()}
    net.load_state_dict(state, strict=True)
    x = pictures(*shape).double()
    torch.testing.assert_close(net(x), theirs(x).logits, rtol=1e-12, atol=1e-12)


# keras.applications


def test_keras_applications_convnext():
    """The same network; what differs: preprocessing within, a softmax at the end, λ of shape (C,), and `gelu`, whose √2 is a float32."""
    from keras.src.applications.convnext import ConvNeXt  # sizes of one's own are not exported

    theirs = ConvNeXt(
        [1, 1, 2, 1], [4, 6, 8, 10], include_preprocessing=False, weights=None, input_shape=(40, 44, 3), classes=5, classifier_activation=None, name="net"
    )
    twin = twin_convnext.ConvNeXt(STAGES, num_classes=5)
    x = pictures(2, 40, 44, 3).numpy()
    twin(x)
    rng = seeded("convnext")
    for variable in twin.variables:
        if keras.backend.is_float_dtype(variable.dtype):
            variable.assign(rng.normal(0.4 if len(variable.shape) == 1 else 0.0, 0.3, variable.shape))
    for layer in theirs.layers:
        for inner in layer.layers if isinstance(layer, keras.Sequential) else [layer]:
            weights = _by_keras_name(twin, inner.name.removeprefix("net_"))
            if weights:
                inner.set_weights(weights)
    expected, actual = theirs(x, training=False).numpy(), twin(x, training=False).numpy()
    np.testing.assert_allclose(actual, expected, rtol=0, atol=4e-6 * np.abs(expected).max())


def _by_keras_name(twin: keras.Model, name: str) -> list[np.ndarray]:
    if name in {"stem_conv", "stem_layernorm"}:
        return twin.features[0][name != "stem_conv"].get_weights()
    if found := re.fullmatch(r"downsampling_(layernorm|conv)_(\d)", name):
        return twin.features[2 * int(found[2]) + 2][int(found[1] == "conv")].get_weights()
    if found := re.fullmatch(r"stage_(\d)_block_(\d)_(\w+)", name):
        block = twin.features[2 * int(found[1]) + 1][int(found[2])]
        place = {"depthwise_conv": 0, "layernorm": 2, "pointwise_conv_1": 3, "pointwise_conv_2": 5}
        if found[3] == "layer_scale":
            return [keras.ops.convert_to_numpy(block.layer_scale).reshape(-1)]
        return block.block[place[found[3]]].get_weights() if found[3] in place else []
    place = {"head_layernorm": 0, "head_dense": 2}
    return twin.classifier[place[name]].get_weights() if name in place else []


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
