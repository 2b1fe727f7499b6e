"""Every loss twin inside Keras: configuration, `compile` and `fit`, saving, graphs, XLA, precisions."""

import inspect
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_impl.losses import keras_loss

from .samples import EPS, arrays, assert_near, assert_same, cases, inputs, leaves, made, outputs, public, refilled, richest, twin_of, with_gradients, words
from .unsupported import each

pytestmark = [pytest.mark.xdist_group("twins"), pytest.mark.filterwarnings("ignore")]
LOSSES = public("losses", of=keras.losses.Loss)
OLD_WORDS = {"size_average", "reduce"}  # the configuration says `reduction`


def given(case) -> tuple:
    """A case's loss and the tensors it is called with."""
    nest = inputs(case)
    return made(case), refilled(nest, map(tf.constant, leaves(nest)))


def for_fit(target: str):
    """The richest case with an input, a target and a mean over a batch, as `compile` wants them; None if the loss takes more."""
    if [p.default for p in inspect.signature(twin_of(cases(target)[0]).call).parameters.values()] != [inspect.Parameter.empty] * 3:
        return None
    means = [case for case in cases(target) if not OLD_WORDS & set(case.config) and made(case).reduction == "mean"]
    return max([case for case in means if is_batch(*inputs(case))], key=lambda case: len(case.config))


def is_batch(x: np.ndarray, y: np.ndarray) -> bool:
    return x.ndim > 1 and y.ndim > 0 and len(x) == len(y)


def test_every_loss_has_a_case():
    assert [target for target in LOSSES if not cases(target)] == []
    assert len(LOSSES) > 20


@pytest.mark.parametrize("target", LOSSES)
def test_configuration(target):
    """PyTorch's words and a name, as JSON, and nothing is lost on the way."""
    for case in cases(target):
        loss, nest = given(case)
        assert set(loss.get_config()) == words(twin_of(case)) - OLD_WORDS | {"name"}
        stored = json.loads(json.dumps(keras.saving.serialize_keras_object(loss)))
        again = keras.saving.deserialize_keras_object(stored)
        assert json.dumps(keras.saving.serialize_keras_object(again)) == json.dumps(stored)
        assert_same(arrays(again(*nest)), arrays(loss(*nest)))


@keras.saving.register_keras_serializable(package="tests")
class Scale(keras.layers.Layer):
    """One weight, 1 at first."""

    def build(self, _):
        self.scale = self.add_weight(shape=(), initializer="ones")

    def call(self, inputs):
        return inputs * self.scale


@pytest.mark.parametrize("target", [target for target in LOSSES if for_fit(target)])
def test_fit_and_saving(target, tmp_path):
    """`fit` reports the loss and steps along its gradient; a loaded model has the same loss."""
    loss, (x, y) = given(for_fit(target))
    model = keras.Sequential([keras.Input(x.shape[1:]), Scale()])
    model.compile(optimizer=keras.optimizers.SGD(0.0625), loss=keras_loss(loss))
    told = model.fit(x, y, batch_size=len(x), shuffle=False, verbose=0).history["loss"][0]
    with tf.GradientTape() as tape:
        scale = tf.constant(1.0)
        tape.watch(scale)
        value = loss(x * scale, y)
    expected = {"loss": value, "step": -0.0625 * tape.gradient(value, scale)}
    step = model.trainable_variables[0] - 1.0
    np.testing.assert_allclose([told, step], [*expected.values()], rtol=64 * EPS["float32"], atol=4 * EPS["float32"])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    evaluated = [each.evaluate(x, y, batch_size=len(x), verbose=0) for each in (loaded, model)]
    np.testing.assert_array_equal(*evaluated)


@each(LOSSES, "graph", "xla")
def test_compiled(target, check):
    """Value and gradients; in a graph as `fit` traces it, where the first axis has no size yet."""
    loss, nest = given(richest(target))
    specs = [tf.TensorSpec((None, *leaf.shape[1:]) if leaf.shape.rank and check == "graph" else leaf.shape, leaf.dtype) for leaf in leaves(nest)]
    function = tf.function(lambda *given: with_gradients(loss, refilled(nest, given), False), input_signature=specs, jit_compile=check == "xla")
    assert_near(arrays(function(*leaves(nest))), arrays(with_gradients(loss, nest, False)), 32 * EPS["float32"])


@each(LOSSES, "float16", "bfloat16", "float64")
def test_precision_is_the_inputs(target, check):
    """What a model of any policy returns is taken as it is."""
    loss, nest = given(richest(target))
    found = loss(*refilled(nest, [tf.cast(leaf, check) if leaf.dtype.is_floating else leaf for leaf in leaves(nest)]))
    assert {tensor.dtype.name for tensor in outputs(found).values()} == {check}
    assert_near(arrays(tf.cast(found, tf.float64)), arrays(loss(*nest)), 32 * max(EPS[check], EPS["float32"]))
