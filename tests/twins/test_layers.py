"""Every layer, activation and model twin inside Keras: configuration, saving, graphs with an unknown batch size, XLA, policies."""

import json
from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf

from parity.frameworks import get
from parity.frameworks.base import find
from tf_impl.models._model import Model

from .samples import (
    EPS,
    arrays,
    assert_near,
    assert_same,
    built,
    call,
    cases,
    inputs,
    leaves,
    made,
    outputs,
    policy,
    public,
    refilled,
    richest,
    started,
    telling,
    twin_of,
    with_gradients,
    words,
)
from .unsupported import each

pytestmark = [pytest.mark.xdist_group("twins"), pytest.mark.filterwarnings("ignore")]
CONTAINERS = ["layers.container:Sequential", "layers.container:ModuleList", "layers.container:ModuleDict"]  # no case: see the last test
LAYERS = [target for target in public("layers", "activations", "models", of=keras.layers.Layer) if target not in CONTAINERS]
NETWORKS = public("models", of=Model)  # made of layers that have all tests to themselves
BLOCKS = [target for target in LAYERS if target not in NETWORKS]
OF_KERAS = {"name", "trainable", "dtype"}
OLD_WORDS = {"min_value", "max_value"}  # of Hardtanh; the configuration says min_val and max_val


def test_every_layer_has_a_case():
    assert [target for target in LAYERS if not cases(target)] == []
    assert len(LAYERS) > 100


@pytest.mark.parametrize("target", LAYERS)
def test_configuration(target):
    """PyTorch's words and Keras' own three, as JSON, and nothing is lost on the way."""
    for case in telling(target) if target in NETWORKS else cases(target):
        layer = made(case)
        config = layer.get_config()
        assert set(config) == words(twin_of(case)) - OLD_WORDS | OF_KERAS
        again = type(layer).from_config(json.loads(json.dumps(config))).get_config()
        assert json.dumps({word: again[word] for word in config}) == json.dumps(config)


@each(LAYERS, "saving")
def test_saving(target, check, tmp_path):
    """A functional model around the layer, symbolic shapes as promised, loaded bit for bit."""
    case = richest(target)
    nest = inputs(case)
    symbols = [keras.Input(batch_shape=leaf.shape, dtype=str(leaf.dtype)) for leaf in leaves(nest)]
    promised = call(started(target), refilled(nest, symbols), training=None)
    model = keras.Model(symbols, [*outputs(promised).values()])
    expected = arrays(model(leaves(nest), training=False))
    assert [array.shape for array in expected.values()] == [tuple(symbol.shape) for symbol in outputs(promised).values()]
    model.save(tmp_path / "model.keras")
    assert_same(arrays(keras.saving.load_model(tmp_path / "model.keras")(leaves(nest), training=False)), expected)


def tensors(case) -> list:
    nest = inputs(case)
    return refilled(nest, map(tf.constant, leaves(nest)))


@cache
def eager(target: str) -> dict[str, np.ndarray]:
    """Outputs and gradients; `test_compiled` asks twice."""
    case = richest(target)
    get("keras").seed(1)
    return arrays(with_gradients(started(target), tensors(case), case.training))


def compiled(target: str, sized: bool, xla: bool) -> dict[str, np.ndarray]:
    """Outputs and gradients from a graph; unless `sized`, the first axis has no size while it is traced, as in `fit`."""
    case, layer = richest(target), started(target)
    nest = tensors(case)
    specs = [tf.TensorSpec(leaf.shape if sized or len(leaf.shape) < 2 else (None, *leaf.shape[1:]), leaf.dtype) for leaf in leaves(nest)]
    function = tf.function(lambda *given: with_gradients(layer, refilled(nest, given), case.training), input_signature=specs, jit_compile=xla)
    get("keras").seed(1)
    return arrays(function(*leaves(nest)))


@each(BLOCKS, "graph", "xla")
def test_compiled(target, check):
    expected = eager(target)
    assert_near(compiled(target, sized=check == "xla", xla=check == "xla"), expected, 32 * EPS["float32"])


@each(NETWORKS, "xla")
def test_network_compiled(target, check):
    """Traced as `fit` does, and compiled, in one: whatever cannot be traced without a size, or not compiled, or comes out as another value, fails here too."""
    expected = eager(target)
    assert_near(compiled(target, sized=False, xla=True), expected, 32 * EPS["float32"])


@cache
def forward(target: str) -> dict[str, np.ndarray]:
    """Outputs in float32; `test_half_precision` asks twice."""
    case = richest(target)
    get("keras").seed(1)
    return arrays(call(started(target), inputs(case), case.training))


@each(BLOCKS, "mixed_float16", "mixed_bfloat16")
def test_half_precision(target, check):
    assert_half_precision(target, check)


@each(NETWORKS, "mixed_float16")
def test_network_half_precision(target, check):
    """In the one of the two whose numbers end: what a network adds to its layers could overflow there, or become zero."""
    assert_half_precision(target, check)


def assert_half_precision(target: str, check: str) -> None:
    case, expected = richest(target), forward(target)
    with policy(check):
        layer = built(case)
        assert {v.dtype for v in layer.trainable_variables} <= {"float32"}
        get("keras").seed(1)
        found = outputs(call(layer, inputs(case), case.training))
    compute = check.removeprefix("mixed_")
    assert {keras.backend.standardize_dtype(t.dtype) for t in found.values() if t.dtype.is_floating} <= {compute}
    assert_near(arrays({name: keras.ops.cast(tensor, "float64") for name, tensor in found.items()}), expected, 32 * EPS[compute])


@each(LAYERS, "float64")
def test_double_precision(target, check):
    """The policy alone, with `floatx` left at float32, computes as with both at float64: no constant has passed through float32."""
    case = richest(target)
    get("keras").seed(1)
    with policy(check, floatx="float64"):
        nest = inputs(case)
        expected = arrays(call(built(case), nest, case.training))
    get("keras").seed(1)
    with policy(check):
        actual = arrays(call(built(case), nest, case.training))
    assert all(actual[name].dtype == array.dtype for name, array in expected.items())
    assert_near(actual, expected, 32 * EPS["float64"])


def test_containers(tmp_path):
    """A model that holds all three, loaded bit for bit; configurations that keep their names."""
    sequential, module_list, module_dict = (find("tf_impl", target) for target in CONTAINERS)
    linear = find("tf_impl", "layers.linear:Linear")
    model = sequential(linear(3, 4), sequential({"inner": linear(4, 2)}))
    x = np.arange(6.0, dtype=np.float32).reshape(2, 3)
    expected = arrays(model(x))
    model.save(tmp_path / "model.keras")
    assert_same(arrays(keras.saving.load_model(tmp_path / "model.keras")(x)), expected)
    for holder, keys in ((module_list([linear(3, 4)]), ["0"]), (module_dict({"a": linear(3, 4)}), ["a"]), (model, ["0", "1"])):
        config = holder.get_config()
        assert set(config) == {"modules"} | OF_KERAS
        assert [name for name, _ in type(holder).from_config(config).named_children()] == keys
