"""Every optimizer twin inside Keras: configuration, `fit` and saving with its state, graphs, XLA, policies."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_impl.layers import Embedding, Linear
from tf_impl.losses import MSELoss, keras_loss

from .samples import EPS, assert_near, assert_same, cases, made, policy, public, richest, seeded, twin_of, words
from .unsupported import each

pytestmark = [pytest.mark.xdist_group("twins"), pytest.mark.filterwarnings("ignore")]
OPTIMIZERS = public("optimizers", of=keras.optimizers.Optimizer)
OF_KERAS = {"name"}  # the rest of Keras' words are told where they were given
SPARSE = "optimizers.sparse_adam:SparseAdam"
SHAPES = [(5, 3), (4, 4)]  # all that every optimizer takes: Muon wants matrices


def test_every_optimizer_has_a_case():
    assert [target for target in OPTIMIZERS if not cases(target)] == []
    assert len(OPTIMIZERS) >= 15


@pytest.mark.parametrize("target", OPTIMIZERS)
def test_configuration(target):
    """PyTorch's words, as JSON, and nothing is lost on the way."""
    for case in cases(target):
        optimizer = made(case)
        stored = json.loads(json.dumps(keras.saving.serialize_keras_object(optimizer)))
        assert set(stored["config"]) == words(twin_of(case)) | OF_KERAS
        assert json.loads(json.dumps(keras.saving.serialize_keras_object(keras.saving.deserialize_keras_object(stored)))) == stored


@pytest.mark.parametrize("target", OPTIMIZERS)
def test_configuration_with_words_of_keras(target):
    """A schedule for the learning rate, clipping, a moving average: PyTorch has them elsewhere, Keras in the optimizer."""
    schedule = keras.optimizers.schedules.CosineDecay(0.125, 10)
    optimizer = type(made(cases(target)[0]))(lr=schedule, clipnorm=1.0, use_ema=True, ema_momentum=0.5, name="mine")
    again = keras.saving.deserialize_keras_object(json.loads(json.dumps(keras.saving.serialize_keras_object(optimizer))))
    assert (again.clipnorm, again.use_ema, again.ema_momentum, again.name) == (1.0, True, 0.5, "mine")
    assert again._learning_rate.get_config() == schedule.get_config()


def moved(target: str, steps: int, compiled: str | None = None) -> dict[str, np.ndarray]:
    """Where `steps` gradients take two matrices."""
    optimizer = made(richest(target))
    variables = [keras.Variable(seeded("start", shape).normal(0, 1, shape).astype("float32")) for shape in SHAPES]
    optimizer.build(variables)

    def apply(*gradients: tf.Tensor) -> None:
        optimizer.apply([as_rows(g) if target == SPARSE else g for g in gradients], variables)

    apply = apply if compiled is None else tf.function(apply, jit_compile=compiled == "xla")
    for step in range(steps):
        apply(*(tf.constant(seeded("gradient", step, shape).normal(0, 1, shape).astype("float32")) for shape in SHAPES))
    return {str(i): variable.numpy() for i, variable in enumerate([*variables, *optimizer.variables])}


def as_rows(gradient: tf.Tensor) -> tf.IndexedSlices:
    """The first three rows, one of them twice."""
    return tf.IndexedSlices(tf.gather(gradient, [0, 1, 1, 2]), tf.constant([0, 1, 1, 2]), tf.shape(gradient))


@each(OPTIMIZERS, "graph", "xla")
def test_compiled(target, check):
    assert_near(moved(target, 3, check), moved(target, 3), 32 * EPS["float32"])


def model_for(target: str) -> tuple[keras.Model, np.ndarray, np.ndarray]:
    """A model without biases, which Muon does not take, with inputs and targets."""
    if target == SPARSE:
        layers = [keras.Input((2,), dtype="int64"), Embedding(6, 3, sparse=True)]
        return keras.Sequential(layers), np.array([[1, 2], [2, 2], [0, 5], [5, 1]]), seeded("y").normal(0, 1, (4, 2, 3))
    return keras.Sequential([Linear(3, 4, bias=False)]), seeded("x").normal(0, 1, (4, 3)), seeded("y").normal(0, 1, (4, 4))


@each(OPTIMIZERS, "fit")
def test_fit_and_saving(target, check, tmp_path):
    """A model loaded in the middle of its training goes on bit for bit: the optimizer's state came along."""
    model, x, y = model_for(target)
    model.compile(optimizer=made(richest(target)), loss=keras_loss(MSELoss()))
    before = [v.numpy() for v in model.variables]
    model.fit(x, y, batch_size=2, epochs=2, shuffle=False, verbose=0)
    assert any((v.numpy() != old).any() for v, old in zip(model.variables, before, strict=True))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for each_model in (model, loaded):
        each_model.fit(x, y, batch_size=2, epochs=2, shuffle=False, verbose=0)
    kept = [{str(i): v.numpy() for i, v in enumerate([*m.variables, *m.optimizer.variables])} for m in (loaded, model)]
    assert_same(*kept)


@each(OPTIMIZERS, "mixed_float16", "mixed_bfloat16", "float64")
def test_policies(target, check):
    """`fit` under a policy; with half precision Keras scales the loss around the twin."""
    with policy(check):
        model, x, y = model_for(target)
        model.compile(optimizer=made(richest(target)), loss=keras_loss(MSELoss()), run_eagerly=True)
        before = [v.numpy() for v in model.variables]
        model.fit(x, y, batch_size=2, epochs=2, shuffle=False, verbose=0)
    after = [v.numpy() for v in model.variables]
    assert {v.dtype.name for v in after} == {"float64" if check == "float64" else "float32"}
    assert all(np.isfinite(new).all() and (new != old).any() for new, old in zip(after, before, strict=True))
