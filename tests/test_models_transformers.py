"""Transformers, ConvNeXt, recurrent, generative and reinforcement networks against implementations nobody here wrote, and published counts."""

import re

import keras
import numpy as np
import pytest
import torch
from networks import DROPS, STAGES, SWIN, VIT, counted, pictures, randomised
from references import torchvision, transformers

import torch_ref.models
from parity.case import seeded
from tf_impl.models import convnext as twin_convnext
from torch_ref.models import autoencoder, convnext, dcgan, dqn, recurrent_classifiers, swin, vit

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
