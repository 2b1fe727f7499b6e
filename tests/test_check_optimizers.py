"""`parity.check` on what only the optimizer's steps show: Keras' own Adam rounds its betas to float32."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import torch
from torch import nn

import parity
from parity.verdict import Verdict

ROWS = np.random.default_rng(0).normal(size=(20, 6)).astype("float32")
CLASSES = np.random.default_rng(1).integers(0, 3, 20)
NEVER = 1e-15  # an epsilon that does nothing, so that its place does not matter


def judged(*, rate=1e-3, torch_eps=NEVER, keras_eps=NEVER, keras_betas=(0.9, 0.999), kind="Adam"):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3))
    port = keras.Sequential([keras.Input((6,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(3)])
    of_torch, of_keras = getattr(torch.optim, kind), getattr(keras.optimizers, kind)
    words = {"weight_decay": 0.01} if kind == "AdamW" else {}
    return parity.check(
        net,
        port,
        ROWS,
        targets=CLASSES,
        loss=(nn.CrossEntropyLoss(), keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
        optimizer=(
            lambda parameters: of_torch(parameters, lr=rate, eps=torch_eps, **words),
            lambda: of_keras(rate, *keras_betas, epsilon=keras_eps, **words) if kind == "Adam" else of_keras(rate, epsilon=keras_eps, **words),
        ),
    )


@pytest.mark.parametrize("kind", ["Adam", "AdamW"])
def test_the_rounded_betas_of_keras_own_adam_are_said_and_no_difference(kind):
    report = judged(kind=kind)
    assert report.ok and report.verdict == Verdict.INDISTINGUISHABLE, str(report)
    assert {row.verdict for row in report.rows if row.role == "step"} == {Verdict.INDISTINGUISHABLE}
    assert any("rounded to float32 before the bias correction" in note for note in report.notes)


def test_where_float32_weights_show_it_it_is_a_difference_with_its_cause():
    report = judged(rate=0.1)
    assert [(f.layer, f.cause, f.confirmed) for f in report.findings] == [("optimizer", "adam-betas-float32", True)]


def test_it_hides_no_other_beta():
    report = judged(keras_betas=(0.9, 0.9991))
    assert not report.ok
    assert [(f.layer, f.cause, f.confirmed) for f in report.findings] == [("optimizer", "opt-betas", True)]


def test_it_hides_no_epsilon():
    report = judged(torch_eps=1e-8, keras_eps=1e-8)
    assert not report.ok
    assert [(f.layer, f.cause, f.confirmed) for f in report.findings] == [("optimizer", "adam-eps-hat", True)]
