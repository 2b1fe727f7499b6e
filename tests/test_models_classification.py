"""The classification networks against implementations nobody here wrote: torchvision and keras.applications; what they cost and see; what they refuse."""

import importlib

import keras
import numpy as np
import pytest
import torch
from references import torchvision

from tf_impl import models as twins
from tf_impl.checkpoints import from_pretrained as into_twin
from tf_impl.saving.state_dict import state_dict
from torch_ref import models as reference
from torch_ref.checkpoints import from_pretrained
from torch_ref.models._facts import facts, receptive_field

pytestmark = pytest.mark.filterwarnings("ignore")
RESNETS = [f"resnet{n}" for n in (18, 34, 50, 101, 152)]
VGGS = [f"vgg{n}{norm}" for n in (11, 13, 16, 19) for norm in ("", "_bn")]
OURS = {name: name for name in RESNETS + VGGS} | {"alexnet": "AlexNet", "googlenet": "GoogLeNet", "inception_v3": "Inception3"}
WEIGHTS = {name: name.replace("resnet", "ResNet").replace("vgg", "VGG").replace("_bn", "_BN") for name in RESNETS + VGGS}
WEIGHTS |= {"alexnet": "AlexNet", "googlenet": "GoogLeNet", "inception_v3": "Inception_V3"}
FIELDS = {"resnet18": 435, "resnet34": 899, "resnet50": 427, "resnet101": 971, "resnet152": 1451, "vgg11": 150, "vgg13": 156, "vgg16": 212, "vgg19": 268,
          "alexnet": 195, "googlenet": 379, "inception_v3": 1311}  # fmt: skip


def ours(name: str, **options) -> torch.nn.Module:
    return getattr(reference, OURS[name])(**options)


def published(name: str, **options) -> torch.nn.Module:
    return getattr(torchvision().models, name)(**options)


def side(name: str) -> int:
    return 299 if name == "inception_v3" else 224


def docstring(name: str) -> str:
    return importlib.import_module(getattr(reference, OURS[name]).__module__).__doc__


# torchvision


@pytest.mark.parametrize("name", OURS)
def test_names_and_shapes_are_torchvisions(name):
    with torch.device("meta"):
        found = {key: tensor.shape for key, tensor in ours(name).state_dict().items()}
        expected = {key: tensor.shape for key, tensor in published(name).state_dict().items()}
    assert found == expected
    assert list(found) == list(expected)


@pytest.mark.parametrize("name", OURS)
def test_parameters_and_multiply_adds_are_the_published_ones(name):
    """As torchvision publishes them beside its weights; GoogLeNet's without the auxiliary heads. They stand in the docstring."""
    meta = getattr(torchvision().models, f"{WEIGHTS[name]}_Weights").IMAGENET1K_V1.meta
    with torch.device("meta"):
        told = facts(ours(name, **({"aux_logits": False} if name == "googlenet" else {})), 3, side(name), side(name))
    parameters, multiply_adds = sum(told.parameters.values()), sum(told.multiply_adds.values())
    assert parameters == meta["num_params"]
    assert round(multiply_adds / 1e9, 3) == meta["_ops"]
    assert f"{parameters:,}" in docstring(name)
    assert f"{multiply_adds / 1e9:.3f} G" in docstring(name) or f"{multiply_adds / 1e6:.0f} M" in docstring(name)


def test_parameters_by_layer():
    """The notes: VGG's first dense layer holds 102.8 of 138.4 million."""
    with torch.device("meta"):
        vgg, alex = facts(reference.vgg16(), 3, 224, 224), facts(reference.AlexNet(), 3, 224, 224)
    assert list(vgg.parameters.values())[:2] == [1792, 36928]
    assert vgg.parameters["classifier.0"] == 102_764_544
    assert sum(n for name, n in vgg.multiply_adds.items() if name.startswith("features")) == 15_346_630_656
    assert sum(n for name, n in alex.parameters.items() if name.startswith("classifier")) == 58_631_144


@pytest.mark.parametrize("name", FIELDS)
def test_receptive_fields(name):
    narrow = {"width": {"googlenet": 8, "inception_v3": 4}.get(name, 1)} | ({"aux_logits": False} if name in ("googlenet", "inception_v3") else {})
    breadth = {"alexnet": 63, "googlenet": 15, "inception_v3": 75}.get(name, 32 if name in VGGS else 1)
    assert receptive_field(ours(name, **narrow), FIELDS[name] + 300, breadth) == FIELDS[name]
    assert str(FIELDS[name]) in docstring(name)


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "vgg11", "vgg11_bn", "alexnet", "googlenet", "inception_v3"])
def test_the_same_weights_give_torchvisions_bits(name):
    """In evaluation, and in training where the network is small enough to be quick; loaded both ways with strict=True."""
    with torch.device("meta"):
        model, expected = ours(name), published(name)
    generator = torch.Generator().manual_seed(0)
    state = {key: _start(tensor, generator) for key, tensor in model.state_dict().items()}
    expected.load_state_dict(state, strict=True, assign=True)
    model.load_state_dict(expected.state_dict(), strict=True, assign=True)
    x = torch.randn(2, 3, 75, 83, generator=generator)
    with torch.no_grad():
        y = model.eval()(x)
        assert y.std() > 0.1
        assert torch.equal(y, expected.eval()(x))


@pytest.mark.parametrize(("name", "size"), [("resnet18", 64), ("googlenet", 64), ("inception_v3", 299)])
def test_training_gives_torchvisions_bits(name, size):
    """All heads and the buffers afterwards; without dropout, whose masks are drawn in another order."""
    options = {"num_classes": 5} | ({"dropout": 0.0} if name != "resnet18" else {}) | ({"dropout_aux": 0.0} if name == "googlenet" else {})
    with torch.device("meta"):
        model, expected = ours(name, **options).train(), published(name, **options).train()
    generator = torch.Generator().manual_seed(0)
    state = {key: _start(tensor, generator) for key, tensor in model.state_dict().items()}
    model.load_state_dict({key: tensor.clone() for key, tensor in state.items()}, strict=True, assign=True)
    expected.load_state_dict(state, strict=True, assign=True)
    x = torch.randn(2, 3, size, size, generator=generator)
    told = []
    with torch.set_grad_enabled(name == "resnet18"):
        for network in (model, expected):
            torch.manual_seed(0)
            y = network(x)
            told.append(list(y) if isinstance(y, tuple) else [y])
    assert len(told[0]) == {"resnet18": 1, "googlenet": 3, "inception_v3": 2}[name]
    assert all(map(torch.equal, *told))
    assert all(map(torch.equal, model.buffers(), expected.buffers()))
    if name == "resnet18":  # with heads in the middle a map gets two gradients, which are added in another order
        told[0][0].square().sum().backward(), told[1][0].square().sum().backward()
        assert all(torch.equal(one.grad, two.grad) for one, two in zip(model.parameters(), expected.parameters(), strict=True))


def test_dilated_stages_are_torchvisions():
    """Strides replaced by dilation, as segmentation uses ResNet."""
    options = {"replace_stride_with_dilation": [False, True, True]}
    with torch.device("meta"):
        model, expected = reference.resnet50(**options).eval(), published("resnet50", **options).eval()
    generator = torch.Generator().manual_seed(0)
    state = {key: _start(tensor, generator) for key, tensor in model.state_dict().items()}
    for network in (model, expected):
        network.load_state_dict(state, strict=True, assign=True)
    x = torch.randn(1, 3, 65, 48, generator=generator)
    with torch.no_grad():
        assert torch.equal(model(x), expected(x))


def _start(tensor: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    if not tensor.is_floating_point():
        return torch.zeros(tensor.shape, dtype=tensor.dtype)
    drawn = torch.rand(tensor.shape, generator=generator)
    return drawn.add_(0.5) if tensor.ndim < 2 else drawn.sub_(0.5).mul_(3.5 / tensor[0].numel() ** 0.5)


# keras.applications, with the field's known differences named


def test_keras_resnet50():
    """It has the stride at the first 1×1, ε = 1.001e-5, and biases before the norms: with these taken over the twin computes its features."""
    model = keras.applications.ResNet50(include_top=False, weights=None, input_shape=(64, 48, 3))
    twin = twins.ResNetBackbone("bottleneck", (3, 4, 6, 3))
    rng = np.random.default_rng(0)
    for layer in twin._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            assert layer.epsilon == 1e-5
            layer.epsilon = 1.001e-5
            layer.moving_mean.assign(rng.normal(0, 0.1, layer.moving_mean.shape))
            layer.moving_variance.assign(rng.uniform(0.5, 1.5, layer.moving_variance.shape))
    for stage in (twin.layer2, twin.layer3, twin.layer4):
        assert (stage[0].conv1.strides, stage[0].conv2.strides) == ((1, 1), (2, 2))
        stage[0].conv1.strides, stage[0].conv2.strides = (2, 2), (1, 1)
    pairs = {"conv1": (twin.conv1, twin.bn1)}
    for i, stage in enumerate((twin.layer1, twin.layer2, twin.layer3, twin.layer4), start=2):
        for j, block in enumerate(stage, start=1):
            if block.downsample is not None:
                pairs[f"conv{i}_block{j}_0"] = (block.downsample[0], block.downsample[1])
            pairs |= {f"conv{i}_block{j}_{k}": (getattr(block, f"conv{k}"), getattr(block, f"bn{k}")) for k in (1, 2, 3)}
    assert len(pairs) == sum(isinstance(layer, keras.layers.Conv2D) for layer in model.layers)
    for name, (conv, norm) in pairs.items():
        assert model.get_layer(f"{name}_conv").use_bias and not model.get_layer(f"{name}_conv").bias.numpy().any()
        model.get_layer(f"{name}_conv").kernel.assign(conv.kernel)
        model.get_layer(f"{name}_bn").set_weights(norm.get_weights()[:4])
    x = rng.normal(0, 1, (2, 64, 48, 3)).astype("float32")
    _assert_near(twin(x, training=False)[-1], model(x, training=False))


@pytest.mark.parametrize(("name", "depth"), [("VGG16", "vgg16"), ("VGG19", "vgg19")])
def test_keras_vgg(name, depth):
    """The convolutions are the same; only the dense layers' order of inputs differs, which `Flatten` takes care of here."""
    model = getattr(keras.applications, name)(include_top=False, weights=None, input_shape=(32, 47, 3))
    twin = _features(depth)
    convolutions = [[layer for layer in layers if isinstance(layer, keras.layers.Conv2D)] for layers in (model.layers, list(twin))]
    for theirs, own in zip(*convolutions, strict=True):
        own.kernel.assign(theirs.kernel)
    x = np.random.default_rng(0).normal(0, 1, (1, 32, 47, 3)).astype("float32")
    _assert_near(twin(x), model(x))


def _features(depth: str) -> keras.Model:
    """Without the 120 million weights of the dense layers."""
    from tf_impl.layers import Sequential
    from tf_impl.models.vgg import _features as features

    counts = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}[depth]
    return Sequential(*features(counts, False, 64, 3))


def test_keras_inception_v3():
    """It leaves γ out, and its means do not count their padding: with γ = 1 and the padding left out the twin computes its features."""
    model = keras.applications.InceptionV3(include_top=False, weights=None, input_shape=(75, 91, 3))
    twin = twins.Inception3(num_classes=2, aux_logits=False)
    rng = np.random.default_rng(0)
    layers = sorted(_convolutions(twin), key=lambda block: _number(block.conv))
    theirs = [[layer for layer in model.layers if isinstance(layer, kind)] for kind in (keras.layers.Conv2D, keras.layers.BatchNormalization)]
    order = [sorted(found, key=_number) for found in theirs]
    for block, conv, norm in zip(layers, *order, strict=True):
        assert norm.gamma is None and norm.epsilon == block.bn.epsilon == 1e-3
        conv.kernel.assign(block.conv.kernel)
        norm.moving_variance.assign(rng.uniform(0.5, 1.5, norm.moving_variance.shape))
        block.bn.moving_variance.assign(norm.moving_variance)
    for layer in twin._flatten_layers():
        if isinstance(layer, keras.layers.AveragePooling2D):
            assert layer.count_include_pad
            layer.count_include_pad = False
    x = rng.normal(0, 1, (1, 75, 91, 3)).astype("float32")
    seen = []
    avgpool = twin.avgpool
    object.__setattr__(twin, "avgpool", lambda features: seen.append(features) or avgpool(features))
    twin(x, training=False)
    _assert_near(seen[-1], model(x, training=False))


def _number(layer: keras.layers.Layer) -> int:
    """Keras counts the layers of a class in the order of their making."""
    last = layer.name.rpartition("_")[2]
    return int(last) if last.isdigit() else 0


def _convolutions(twin: keras.Model):
    from tf_impl.models.googlenet import BasicConv2d

    return (layer for layer in twin._flatten_layers() if isinstance(layer, BasicConv2d))


def _assert_near(actual, expected) -> None:
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape
    assert np.abs(expected).max() > 1e-6
    np.testing.assert_allclose(actual, expected, rtol=0, atol=2e-5 * np.abs(expected).max())


# Weights and refusals

QUICK = {
    "resnet18": {"width": 4},
    "resnet50": {"width": 2},
    "vgg11_bn": {"width": 2},
    "alexnet": {"width": 2},
    "googlenet": {"width": 8},
    "inception_v3": {"width": 4},
}


@pytest.mark.parametrize("name", QUICK)
def test_weights_go_there_and_back(name):
    source = ours(name, **QUICK[name])
    twin = into_twin(getattr(twins, OURS[name])(**QUICK[name]), source.state_dict())
    back = from_pretrained(ours(name, **QUICK[name]), state_dict(twin))
    assert all(torch.equal(one, two) for one, two in zip(source.state_dict().values(), back.state_dict().values(), strict=True))
    x = torch.randn(2, 3, 75, 80)
    y = source.eval()(x).detach().numpy()
    np.testing.assert_allclose(twin(x.permute(0, 2, 3, 1).numpy(), training=False), y, rtol=0, atol=2e-5 * np.abs(y).max())
    with pytest.raises(ValueError, match="in_channels"):
        twin(np.zeros((2, 75, 80, 4), np.float32))
    with pytest.raises(ValueError, match="floats, got int32"):
        twin(np.zeros((2, 75, 80, 3), np.int32))
    with pytest.raises(ValueError, match="N, H, W, C"):
        twin(np.zeros((75, 80, 3), np.float32))
    least = {"vgg11_bn": 32, "alexnet": 63, "googlenet": 15, "inception_v3": 75}.get(name)
    if least:
        with pytest.raises(ValueError, match=f"at least {least}×{least} pixels, got {least - 1}×80"):
            twin(np.zeros((2, least - 1, 80, 3), np.float32))


def test_the_auxiliary_head_of_inception_needs_299():
    twin, model = twins.Inception3(width=4), reference.Inception3(width=4)
    with pytest.raises(ValueError, match="at least 299×299"):
        twin(np.zeros((2, 299, 298, 3), np.float32), training=True)
    with torch.no_grad(), pytest.raises(RuntimeError):
        model(torch.zeros(2, 3, 299, 298))


@pytest.mark.parametrize("tree", [reference, twins], ids=["torch", "keras"])
def test_constructor_arguments(tree):
    with pytest.raises(ValueError, match="block must be one of"):
        tree.ResNet("wide", (1, 1, 1, 1))
    with pytest.raises(ValueError, match="replace_stride_with_dilation"):
        tree.ResNet("bottleneck", (1, 1, 1, 1), replace_stride_with_dilation=(True, False))
    with pytest.raises(ValueError, match="basic block has no dilation"):
        tree.ResNet("basic", (1, 1, 1, 1), width=2, replace_stride_with_dilation=(False, True, False))
    with pytest.raises(ValueError, match="layers"):
        tree.VGG((1, 1, 2, 2))
