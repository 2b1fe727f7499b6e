"""Transforms: the references against torchvision, the twins in models and tf.data, random ones by two-sample tests, what both refuse."""

import keras
import numpy as np
import PIL.Image
import pytest
import tensorflow as tf
import torch
from keras import ops
from references import torchvision
from scipy import stats

import tf_impl.transforms
import torch_ref.transforms
from tf_impl.datasets.photographs import photograph as photograph_here
from torch_ref.datasets.photographs import photograph

FALSE_ALARM = 1e-9  # of one comparison; everything is seeded, so a run cannot flicker
FLOWER = photograph("flower")
PIL_FLOWER = PIL.Image.fromarray(FLOWER.permute(1, 2, 0).numpy())


def both(name: str, **words) -> tuple:
    return getattr(torch_ref.transforms, name)(**words), getattr(tf_impl.transforms, name)(**words)


def last(image: torch.Tensor) -> np.ndarray:
    """Channels last."""
    return np.moveaxis(image.numpy(), -3, -1)


# References against torchvision

SAME = [
    ("Resize", {"size": 96}),
    ("Resize", {"size": (50, 70), "interpolation": "bicubic"}),
    ("Resize", {"size": (50, 70), "interpolation": "nearest"}),
    ("Resize", {"size": 200, "max_size": 250}),
    ("CenterCrop", {"size": 224}),
    ("CenterCrop", {"size": (500, 301)}),
    ("Pad", {"padding": (1, 2, 3, 4), "fill": 9}),
    ("Pad", {"padding": 7, "padding_mode": "reflect"}),
    ("Pad", {"padding": (3, 5), "padding_mode": "symmetric"}),
    ("Pad", {"padding": 4, "padding_mode": "edge"}),
    ("RandomHorizontalFlip", {"p": 1.0}),
    ("RandomVerticalFlip", {"p": 1.0}),
    ("ColorJitter", {"brightness": (0.6, 0.6)}),
    ("ColorJitter", {"contrast": (1.4, 1.4)}),
    ("ColorJitter", {"saturation": (0.3, 0.3)}),
    ("ColorJitter", {"hue": (0.2, 0.2)}),
]
KINDS = {"pil": PIL_FLOWER, "bytes": FLOWER, "floats": FLOWER.float() / 255}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "words"), SAME, ids=lambda value: str(value).replace(" ", ""))
def test_the_reference_is_torchvisions(name, words, kind):
    theirs = torchvision().transforms
    modes = {"interpolation": theirs.InterpolationMode(words["interpolation"])} if "interpolation" in words else {}
    expected = getattr(theirs, name)(**{**words, **modes})(KINDS[kind])
    actual = getattr(torch_ref.transforms, name)(**words)(KINDS[kind])
    assert type(actual) is type(expected)
    if kind == "floats":
        assert torch.allclose(actual, expected, atol=2e-6, rtol=0)
    else:
        assert np.array_equal(np.asarray(actual), np.asarray(expected))


def test_conversions_are_torchvisions():
    theirs = torchvision().transforms
    grey = np.random.default_rng(0).integers(0, 256, (5, 7), np.uint8)
    for image in (PIL_FLOWER, grey, grey[..., None].repeat(3, 2), grey.astype(np.float32), PIL.Image.fromarray(grey)):
        assert torch.equal(torch_ref.transforms.ToTensor()(image), theirs.ToTensor()(image))
    for tensor in (FLOWER, torch.rand(1, 4, 6), torch.rand(4, 6), torch.rand(4, 3, 2)):
        actual, expected = torch_ref.transforms.ToPILImage()(tensor), theirs.ToPILImage()(tensor)
        assert (actual.mode, actual.size) == (expected.mode, expected.size)
        assert np.array_equal(np.asarray(actual), np.asarray(expected))
    normalize = {"mean": (0.4, 0.5, 0.6), "std": (0.1, 0.2, 0.3)}
    assert torch.equal(torch_ref.transforms.Normalize(**normalize)(KINDS["floats"]), theirs.Normalize(**normalize)(KINDS["floats"]))


# Twins on the same images

IMAGES = [entry for entry in SAME if "interpolation" not in entry[1] or entry[1]["interpolation"] != "nearest"]


@pytest.mark.parametrize(("name", "words"), IMAGES, ids=lambda value: str(value).replace(" ", ""))
def test_the_twin_on_a_photograph(name, words):
    """PIL images bit for bit; bytes to one level, in one place of a thousand; floats to rounding."""
    there, here = both(name, **words)
    assert np.array_equal(np.asarray(here(PIL_FLOWER)), np.asarray(there(PIL_FLOWER)))
    bytes_, expected = (np.asarray(image).astype(int) for image in (here(photograph_here("flower")), last(there(FLOWER))))
    assert np.abs(bytes_ - expected).max() <= 1
    assert np.mean(bytes_ != expected) < 1e-3
    floats = np.asarray(here(photograph_here("flower").numpy().astype("float32") / 255))
    assert np.abs(floats - last(there(KINDS["floats"]))).max() < 2e-5


def test_pillows_resizing_in_a_graph():
    """Other photograph, odd sizes, both ways and one way only: no bit differs."""
    bytes_ = photograph_here("china")
    for size in ((100, 31), (427, 200), (700, 640), (213, 320)):
        for interpolation in ("bilinear", "bicubic", "nearest"):
            graph = tf.function(lambda image, size=size, mode=interpolation: tf_impl.transforms.resize_as_pillow(image, size, mode))
            expected = torch_ref.transforms.resize_as_pillow(photograph("china"), size, interpolation)
            assert np.array_equal(graph(bytes_), last(expected)), (size, interpolation)


# Twins inside Keras

LAYERS = [
    ("Resize", {"size": (9, 7)}),
    ("Pad", {"padding": (1, 2), "padding_mode": "reflect"}),
    ("CenterCrop", {"size": 8}),
    ("RandomCrop", {"size": (8, 9), "padding": 2}),
    ("RandomResizedCrop", {"size": (6, 8)}),
    ("RandomHorizontalFlip", {}),
    ("RandomVerticalFlip", {"p": 0.3}),
    ("ColorJitter", {"brightness": 0.4, "contrast": (0.5, 1.5), "saturation": 0.2, "hue": 0.1}),
    ("Normalize", {"mean": (0.4, 0.5, 0.6), "std": (0.1, 0.2, 0.3)}),
    ("ToTensor", {}),
    ("Compose", {"transforms": [tf_impl.transforms.Pad(1), tf_impl.transforms.RandomCrop(8), tf_impl.transforms.Normalize((0.5,), (0.5,))]}),
]


@pytest.fixture
def picture() -> np.ndarray:
    return np.random.default_rng(3).random((2, 11, 13, 3), np.float32)


@pytest.mark.parametrize(("name", "words"), LAYERS, ids=[name for name, _ in LAYERS])
def test_in_a_model(name, words, picture, tmp_path):
    """Saved, loaded, with an unknown batch size; random ones are off in `predict`."""
    inputs = keras.Input((11, 13, 3))
    model = keras.Model(inputs, getattr(tf_impl.transforms, name)(**words)(inputs))
    expected = model.predict(picture, verbose=0)
    assert model.output.shape[1:] == expected.shape[1:]
    assert np.array_equal(model.predict(picture, verbose=0), expected)
    model.save(tmp_path / "model.keras")
    assert np.array_equal(keras.models.load_model(tmp_path / "model.keras").predict(picture, verbose=0), expected)
    if name in ("RandomHorizontalFlip", "RandomVerticalFlip", "ColorJitter"):
        assert np.array_equal(expected, picture)


@pytest.mark.parametrize(("name", "words"), LAYERS, ids=[name for name, _ in LAYERS])
def test_in_tf_data(name, words, picture):
    """Random ones draw anew for each element, and the shapes are known."""
    layer = getattr(tf_impl.transforms, name)(**words)
    data = tf.data.Dataset.from_tensors(picture[0]).repeat(12).map(layer)
    found = list(data.as_numpy_iterator())
    assert data.element_spec.shape == found[0].shape
    assert (len({image.tobytes() for image in found}) > 1) == ("Random" in name or name in ("ColorJitter", "Compose"))


# Random ones, drawn freely


def draws(count: int, transform, image) -> list[np.ndarray]:
    torch.manual_seed(5)
    keras.utils.set_random_seed(6)
    return [np.asarray(transform(image)) for _ in range(count)]


def alike(a, b) -> bool:
    return stats.ks_2samp(np.asarray(a, float).ravel(), np.asarray(b, float).ravel(), method="asymp").pvalue > FALSE_ALARM


def test_places_of_random_crops():
    places = np.arange(20 * 30, dtype=np.float32).reshape(20, 30)
    there, here = both("RandomCrop", size=(5, 7))
    corners = [
        [image.ravel()[0] for image in draws(400, *pair)] for pair in ((there, torch.tensor(places[None])), (here, ops.convert_to_tensor(places[..., None])))
    ]
    assert alike(corners[0], corners[1])
    assert {number % 30 for number in corners[1]} == set(range(24))


@pytest.mark.parametrize("words", [{}, {"scale": (0.5, 0.6), "ratio": (0.5, 2.0)}], ids=["default", "narrow"])
def test_boxes_of_random_resized_crops(words):
    """Also against torchvision's own draws."""
    there, here = both("RandomResizedCrop", size=4, **words)
    torch.manual_seed(7)
    keras.utils.set_random_seed(8)
    drawn = [np.array([there.get_params(torch.zeros(3, 50, 80), there.scale, there.ratio) for _ in range(1500)])]
    many = ops.vectorized_map(lambda rows: tf_impl.transforms.crop_box(rows, 50, 80, here.scale, here.ratio), keras.random.uniform((1500, 10, 4)))
    drawn.append(np.asarray(many))
    try:
        theirs = torchvision().transforms.RandomResizedCrop(4, there.scale, there.ratio)
        drawn.append(np.array([theirs.get_params(torch.zeros(3, 50, 80), theirs.scale, theirs.ratio) for _ in range(1500)]))
    except pytest.skip.Exception:
        pass
    for other in drawn[1:]:
        assert all(alike(drawn[0][:, column], other[:, column]) for column in range(4))


def test_share_of_flips():
    """Of 600 draws with p = 0.3; five standard deviations, which chance exceeds once in 1.7 million."""
    row = np.array([0.0, 1.0], np.float32)
    for name, shape in (("RandomHorizontalFlip", (1, 2)), ("RandomVerticalFlip", (2, 1))):
        there, here = both(name, p=0.3)
        for transform, image in ((there, torch.tensor(row.reshape(1, *shape))), (here, ops.convert_to_tensor(row.reshape(*shape, 1)))):
            flipped = np.mean([image.ravel()[0] for image in draws(600, transform, image)])
            assert abs(flipped - 0.3) < 5 * (0.3 * 0.7 / 600) ** 0.5


def test_factors_of_colour_jitter():
    there, here = both("ColorJitter", brightness=0.4, contrast=(0.2, 0.9), saturation=2.0, hue=0.3)
    torch.manual_seed(9)
    keras.utils.set_random_seed(10)
    drawn = [[transform.get_params() for _ in range(500)] for transform in (there, here)]
    factors = [np.array([[float(factor) for factor in found] for _, found in params]) for params in drawn]
    orders = [np.array([[int(which) for which in order] for order, _ in params]) for params in drawn]
    assert all(alike(factors[0][:, column], factors[1][:, column]) for column in range(4))
    assert all(alike(orders[0][:, column], orders[1][:, column]) for column in range(4))
    assert factors[1][:, 2].min() >= 0
    assert not alike(factors[0][:, 0], 1.4 * factors[1][:, 0])  # the test can fail


def test_a_crop_whose_size_the_graph_draws(picture):
    """The same box as numbers, cut first and then resized, and as tensors, in one matrix."""
    for box in ((0, 0, 11, 13), (2, 3, 5, 4), (10, 12, 1, 1)):
        expected = tf_impl.transforms.resized_crop(ops.convert_to_tensor(picture), *box, (6, 7))
        actual = tf_impl.transforms.resized_crop(ops.convert_to_tensor(picture), *map(tf.constant, box), (6, 7))
        assert np.abs(np.asarray(actual) - np.asarray(expected)).max() < 2e-6


# What both refuse

REFUSED = [
    ("Resize", {"size": 0}),
    ("Resize", {"size": (1, 2, 3)}),
    ("Resize", {"size": 4, "interpolation": "lanczos"}),
    ("Resize", {"size": 4, "max_size": 4}),
    ("Resize", {"size": (4, 5), "max_size": 9}),
    ("CenterCrop", {"size": -1}),
    ("RandomCrop", {"size": (1, 2, 3)}),
    ("RandomResizedCrop", {"size": 3, "scale": (0.9, 0.1)}),
    ("Pad", {"padding": (1, 2, 3)}),
    ("Pad", {"padding": 1, "padding_mode": "wrap"}),
    ("ColorJitter", {"brightness": -0.1}),
    ("ColorJitter", {"hue": 0.6}),
    ("ColorJitter", {"contrast": (1.2, 0.8)}),
]


@pytest.mark.parametrize(("name", "words"), REFUSED, ids=lambda value: str(value).replace(" ", ""))
def test_bad_words(name, words):
    for package in (torch_ref.transforms, tf_impl.transforms):
        with pytest.raises(ValueError):  # noqa: PT011 - the argument's name is what matters
            getattr(package, name)(**words)


def test_bad_images(picture):
    for package, image in ((torch_ref.transforms, torch.zeros(3, 5, 6)), (tf_impl.transforms, ops.zeros((5, 6, 3)))):
        with pytest.raises(ValueError, match="larger than input image size"):
            package.RandomCrop(7)(image)
        with pytest.raises(ValueError, match="reflected"):
            package.Pad(5, padding_mode="reflect")(image)
        with pytest.raises(ValueError, match="must not be negative"):
            package.adjust_contrast(image, -1.0)
        with pytest.raises(ValueError, match="std must not be zero"):
            package.Normalize((0.5,), (0.0,))(image)
        with pytest.raises(ValueError, match="dimensional"):
            package.ToTensor()(np.zeros((1, 2, 3, 4), np.uint8))
    with pytest.raises(TypeError, match="float tensor"):
        torch_ref.transforms.Normalize((0.5,), (0.5,))(FLOWER)
    with pytest.raises(TypeError, match="float tensor"):
        tf_impl.transforms.Normalize((0.5,), (0.5,)).call(photograph_here("flower"))


@pytest.mark.filterwarnings("ignore:Arguments other than a weight enum:UserWarning")  # torchvision, of `pretrained=` too
def test_old_names_of_torchvision():
    """The notes' `Scale` and `RandomSizedCrop` are gone, `pretrained=` is announced to go; the present names are this package's."""
    theirs = torchvision()
    for old, present in (("Scale", "Resize"), ("RandomSizedCrop", "RandomResizedCrop")):
        assert not hasattr(theirs.transforms, old)
        assert hasattr(theirs.transforms, present) and hasattr(tf_impl.transforms, present)
    with pytest.warns(UserWarning, match="'pretrained' is deprecated"):
        theirs.models.squeezenet1_1(pretrained=False)
