"""Schedulers inside Keras' training: as schedules, and stepped by hand in compiled steps. Their rates against PyTorch's are cases."""

import json
import warnings
from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_impl import schedules
from tf_impl.layers import Linear
from tf_impl.losses import MSELoss, keras_loss
from tf_impl.optimizers import SGD, AdamW, Muon, NAdam, RMSprop

pytestmark = [pytest.mark.xdist_group("schedules"), pytest.mark.filterwarnings("ignore")]
MOVING = {
    "StepLR": {"step_size": 2, "gamma": 0.5},
    "MultiStepLR": {"milestones": [1, 4], "gamma": 0.1},
    "ExponentialLR": {"gamma": 0.9},
    "CosineAnnealingLR": {"T_max": 6},
    "CosineAnnealingWarmRestarts": {"T_0": 3},
    "LinearLR": {"total_iters": 4},
    "ConstantLR": {"total_iters": 3},
    "PolynomialLR": {"total_iters": 5, "power": 2.0},
    "LambdaLR": {"lr_lambda": lambda epoch: 0.95**epoch},
    "MultiplicativeLR": {"lr_lambda": lambda epoch: 0.97},
    "CyclicLR": {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 3, "cycle_momentum": False},
    "OneCycleLR": {"max_lr": 0.1, "total_steps": 9, "cycle_momentum": False},
}


def scheduled(name: str, config: dict) -> tuple:
    optimizer = SGD(lr=0.1, momentum=0.5)
    return optimizer, getattr(schedules, name)(optimizer, **config)


def stepped(scheduler, times: int) -> list[float]:
    rates = []
    for _ in range(times):
        rates += scheduler.get_last_lr()
        scheduler.step()
    return rates


@pytest.mark.parametrize("name", MOVING)
def test_as_keras_has_the_rates_of_the_scheduler_and_leaves_it_as_it_was(name):
    optimizer, scheduler = scheduled(name, MOVING[name])
    schedule = scheduler.as_keras(8, steps_per_epoch=3)
    assert (scheduler.last_epoch, optimizer.learning_rate.numpy()) == (0, pytest.approx(scheduler.get_last_lr()[0]))
    rates = stepped(scheduler, 8)
    told = [float(schedule(update)) for update in range(27)]
    assert told == [rates[min(update // 3, 7)] for update in range(27)]  # equal to the last bit; the last one stays


def test_as_keras_goes_on_from_where_the_scheduler_is():
    _, scheduler = scheduled("StepLR", {"step_size": 2, "gamma": 0.5})
    stepped(scheduler, 3)
    assert [float(scheduler.as_keras(3)(update)) for update in range(3)] == stepped(scheduler, 3)


def test_as_keras_is_saved_with_its_optimizer():
    _, scheduler = scheduled("CosineAnnealingLR", {"T_max": 6})
    optimizer = AdamW(lr=scheduler.as_keras(7, 2))
    again = keras.saving.deserialize_keras_object(json.loads(json.dumps(keras.saving.serialize_keras_object(optimizer))))
    assert [float(again._learning_rate(i)) for i in range(14)] == [float(optimizer._learning_rate(i)) for i in range(14)]


def test_as_keras_refuses_what_a_schedule_cannot_hold():
    optimizer = SGD(lr=0.1, momentum=0.9)
    with pytest.raises(ValueError, match="cycle_momentum=False"):
        schedules.OneCycleLR(optimizer, max_lr=0.1, total_steps=10).as_keras(10)
    for epochs, steps in ((0, 1), (3, 0)):
        with pytest.raises(ValueError, match="at least one"):
            scheduled("ExponentialLR", {"gamma": 0.9})[1].as_keras(epochs, steps)


def weights_after_fit(optimizer, *, schedule=None, **compiled) -> np.ndarray:
    """Three epochs of four batches; `schedule` is made before `compile` and stepped after every batch."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 3)).astype("float32"), rng.normal(size=(20, 2)).astype("float32")
    model = keras.Sequential([keras.Input((3,)), Linear(3, 2, bias=False)])
    model.set_weights([rng.normal(size=weight.shape) for weight in model.get_weights()])
    scheduler = schedule(optimizer) if schedule else None
    model.compile(optimizer=optimizer, loss=keras_loss(MSELoss()), **compiled)
    after = [keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: scheduler.step())] if scheduler else []
    with warnings.catch_warnings(action="ignore"):
        model.fit(x, y, batch_size=5, epochs=3, shuffle=False, verbose=0, callbacks=after)
    return model.get_weights()[0]


def test_as_keras_in_fit_is_the_scheduler_stepped_by_hand():
    by_hand = weights_after_fit(SGD(lr=0.1), schedule=lambda optimizer: schedules.StepLR(optimizer, 2, 0.5))
    schedule = schedules.StepLR(SGD(lr=0.1), 2, 0.5).as_keras(12)
    np.testing.assert_allclose(weights_after_fit(SGD(lr=schedule)), by_hand, rtol=1e-6)


CYCLED = {
    "SGD": lambda: SGD(lr=0.1, momentum=0.9),
    "nesterov": lambda: SGD(lr=0.1, momentum=0.9, nesterov=True),
    "RMSprop": lambda: RMSprop(lr=0.01, momentum=0.9),
    "AdamW": lambda: AdamW(lr=0.01),
    "NAdam": lambda: NAdam(lr=0.01),
    "Muon": lambda: Muon(lr=0.01),
}


def cycle(optimizer):
    return schedules.OneCycleLR(optimizer, max_lr=0.1, total_steps=13, base_momentum=0.5)


@cache
def cycled_eagerly(name: str) -> np.ndarray:
    """Both compiled runs are compared with it."""
    eager = weights_after_fit(CYCLED[name](), schedule=cycle, run_eagerly=True)
    fixed = weights_after_fit(CYCLED[name](), schedule=lambda optimizer: schedules.OneCycleLR(optimizer, max_lr=0.1, total_steps=13, cycle_momentum=False))
    assert np.abs(fixed - eager).max() > 1e-3  # so that a momentum that stood still would show
    return eager


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "xla"])
@pytest.mark.parametrize("name", CYCLED)
def test_momentum_is_cycled_in_compiled_steps_too(name, jit):
    np.testing.assert_allclose(weights_after_fit(CYCLED[name](), schedule=cycle, jit_compile=jit), cycled_eagerly(name), rtol=2e-5, atol=1e-6)


def test_keras_own_optimizers_refuse_a_compiled_step_under_a_cycled_momentum():
    variable = keras.Variable(1.0)
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
    optimizer.build([variable])
    schedules.CyclicLR(optimizer, base_lr=0.01, max_lr=0.1)
    optimizer.apply([tf.constant(1.0)], [variable])  # eager steps read it
    with pytest.raises(ValueError, match=r"tf_impl\.optimizers"):
        tf.function(lambda: optimizer.apply([tf.constant(1.0)], [variable]))()
