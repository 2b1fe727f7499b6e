"""Training beyond its cases: a run killed with -9 goes on to the same numbers, each side reads the other's event files, mixed precision beside each other."""

import importlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
from conftest import ROOT

import tf_impl.training.early_stopping
import tf_impl.training.events
import tf_impl.training.loop
import tf_impl.training.mixed_precision
import torch_ref.training.cartpole
import torch_ref.training.early_stopping
import torch_ref.training.events
import torch_ref.training.loop
import torch_ref.training.mixed_precision
from tf_impl.layers.dropout import Dropout
from tf_impl.layers.linear import Linear
from tf_impl.losses import CrossEntropyLoss, keras_loss
from tf_impl.models.logistic_regression import LogisticRegressionModel
from tf_impl.optimizers.sgd import SGD

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
RUN = """
import sys, time
import numpy as np
module, folder, steps, every, slow = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
if module == "torch_ref":
    import torch_ref.training.resume as resume
    from torch import from_numpy as tensor
else:
    import tf_impl.training.resume as resume
    from tensorflow import convert_to_tensor as tensor
rng = np.random.default_rng(0)
x, y = (tensor(rng.normal(size=(14, n)).astype(np.float32)) for n in (3, 1))
write = resume._write
def told(state, path):
    write(state, path)
    print("written", flush=True)
    time.sleep(slow)
resume._write = told
done = resume.train(x, y, steps, every, folder)
np.savez(folder + "/done.npz", losses=done["losses"], weight=done["weight"], begun=done["begun"])
"""


def start(module: str, folder: Path, slow: float = 0.0) -> subprocess.Popen:
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-c", RUN, module, str(folder), "11", "3", str(slow)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def finished(process: subprocess.Popen, folder: Path) -> dict[str, np.ndarray]:
    _, words = process.communicate(timeout=120)
    assert process.returncode == 0, words
    return dict(np.load(folder / "done.npz"))


def straight(module: str, folder: Path) -> dict[str, np.ndarray]:
    """The same run in one go, here."""
    rng = np.random.default_rng(0)
    folder.mkdir()
    arrays = [rng.normal(size=(14, n)).astype(np.float32) for n in (3, 1)]
    resume = importlib.import_module(f"{module}.training.resume")
    x, y = map(torch.from_numpy if module == "torch_ref" else tf.constant, arrays)
    told = resume.train(x, y, 11, 3, str(folder))
    return {name: np.asarray(told[name]) for name in ("losses", "weight")}


@pytest.mark.parametrize("module", ["torch_ref", "tf_impl"])
def test_a_run_killed_with_9_goes_on_to_the_same_numbers(module, tmp_path):
    killed = start(module, tmp_path / "killed", slow=60.0)
    whole = straight(module, tmp_path / "straight")
    assert killed.stdout.readline() == "written\n", killed.stderr.read()
    killed.send_signal(signal.SIGKILL)
    assert killed.wait(timeout=30) == -signal.SIGKILL
    assert not (tmp_path / "killed" / "done.npz").exists()
    resumed = finished(start(module, tmp_path / "killed"), tmp_path / "killed")
    assert resumed["begun"] == 3
    # a sum may be taken in another order in another process (threads, alignment); a state that is lost shows at 1e-2. In one process: case training.resume
    np.testing.assert_allclose(resumed["losses"], whole["losses"][3:], rtol=1e-6)
    np.testing.assert_allclose(resumed["weight"], whole["weight"], rtol=1e-5, atol=1e-7)
    names = {path.suffix for path in (tmp_path / "killed").iterdir()}
    assert ".tmp" not in names


# TensorBoard


CURVES = {"loss/train": [2.5, 1.25, 1e-30, 3e38], "accuracy": [0.1]}


def test_each_side_reads_the_others_event_files(tmp_path):
    """Written by PyTorch's side in Python, checked by TensorFlow's reader and its checksums; and the other way round."""
    torch_ref.training.events.write_scalars(str(tmp_path / "torch"), CURVES)
    tf_impl.training.events.write_scalars(str(tmp_path / "keras"), CURVES)
    expected = {tag: [(step, float(np.float32(value))) for step, value in enumerate(values)] for tag, values in CURVES.items()}
    for read in (torch_ref.training.events.read_scalars, tf_impl.training.events.read_scalars):
        for side in ("torch", "keras"):
            assert read(str(tmp_path / side)) == expected


def test_tensorboard_shows_both(tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator", reason="the package tensorboard is not installed")
    torch_ref.training.events.write_scalars(str(tmp_path / "torch"), CURVES)
    tf_impl.training.events.write_scalars(str(tmp_path / "keras"), CURVES)
    for side in ("torch", "keras"):
        found = accumulator.EventAccumulator(str(tmp_path / side), size_guidance={"tensors": 0})
        found.Reload()
        assert set(found.Tags()["scalars"]) | set(found.Tags()["tensors"]) == set(CURVES)


def test_what_summary_writer_writes_is_read(tmp_path):
    board = pytest.importorskip("torch.utils.tensorboard", reason="the package tensorboard is not installed")
    with board.SummaryWriter(str(tmp_path)) as writer:
        for step, value in enumerate(CURVES["loss/train"]):
            writer.add_scalar("loss/train", value, step)
    for read in (torch_ref.training.events.read_scalars, tf_impl.training.events.read_scalars):
        assert [value for _, value in read(str(tmp_path))["loss/train"]] == [float(np.float32(value)) for value in CURVES["loss/train"]]


def test_a_large_step_and_a_long_tag(tmp_path):
    """Numbers above 127 take several bytes in a protocol buffer."""
    values = [float(i) for i in range(300)]
    torch_ref.training.events.write_scalars(str(tmp_path), {"x" * 200: values})
    assert tf_impl.training.events.read_scalars(str(tmp_path)) == {"x" * 200: list(enumerate(values))}


# Mixed precision


def draws(n: int = 9) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    return rng.normal(size=(n, 6)).astype(np.float32), rng.integers(0, 3, n)


@pytest.mark.parametrize(("dtype", "bits"), [("bfloat16", 8), ("float16", 11)])
def test_mixed_precision_of_both_sides_beside_each_other(dtype, bits):
    """After twenty steps the two mixed runs are as near to each other as each is to float32: some units of the half type."""
    x, labels = draws()
    ours = torch_ref.training.mixed_precision._train(torch.from_numpy(x), torch.from_numpy(labels), dtype, 20)
    theirs = tf_impl.training.mixed_precision._train(tf.constant(x), tf.constant(labels), dtype, 20)
    full = torch_ref.training.mixed_precision._train(torch.from_numpy(x), torch.from_numpy(labels), "float32", 20)
    unit = 2.0**-bits * np.abs(full["weight"].numpy()).max()
    apart = np.abs(ours["weight"].numpy() - theirs["weight"].T).max()
    assert 0 < apart < 8 * unit
    assert np.abs(ours["weight"].numpy() - full["weight"].numpy()).max() < 8 * unit
    np.testing.assert_allclose(ours["losses"], theirs["losses"], rtol=8 * 2.0**-bits)
    assert ours["scale"] == theirs["scale"]


def test_scaling_saves_gradients_that_float16_would_lose():
    """1e-8 is zero in float16; times 2¹⁵ it is not. Both sides unscale it exactly."""
    tiny = 2.0**-27
    assert np.float16(tiny) == 0
    weight = torch.nn.Parameter(torch.ones(1))
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**15)
    scaler.scale((weight * tiny).sum()).backward()
    assert float(weight.grad.half()) == 2.0**-12
    optimizer = torch.optim.SGD([weight], lr=1.0)
    scaler.unscale_(optimizer)
    assert float(weight.grad) == tiny

    variable = keras.Variable([1.0])
    scaled = keras.optimizers.LossScaleOptimizer(SGD(1.0), initial_scale=2.0**15)
    scaled.build([variable])
    with tf.GradientTape() as tape:
        loss = scaled.scale_loss(tf.reduce_sum(variable.value * tiny))
    gradient = tape.gradient(loss, variable.value)
    assert float(tf.cast(gradient, tf.float16)[0]) == 2.0**-12


def test_compile_scales_by_itself():
    """`compile` under mixed_float16 wraps the optimizer; under mixed_bfloat16 there is nothing to scale."""
    for policy, wrapped in (("mixed_float16", True), ("mixed_bfloat16", False)):
        model = keras.Sequential([keras.layers.Input((6,)), Linear(6, 3, dtype=policy)])
        model.dtype_policy = keras.DTypePolicy(policy)
        model.compile(SGD(0.125), keras_loss(CrossEntropyLoss()))
        assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer) is wrapped


# The loop, modes, early stopping


def test_the_three_loops_are_one_within_each_side():
    rng = np.random.default_rng(1)
    x, labels = rng.normal(size=(22, 1, 4, 6)).astype(np.float32), rng.integers(0, 5, 22)
    sides = (
        torch_ref.training.loop.three_ways(torch.from_numpy(x), torch.from_numpy(labels), 2, 5, 0.125),
        tf_impl.training.loop.three_ways(tf.constant(np.moveaxis(x, 1, -1)), tf.constant(labels), 2, 5, 0.125),
    )
    for told in sides:
        told = {name: value.detach().numpy() if isinstance(value, torch.Tensor) else np.asarray(value) for name, value in told.items()}
        np.testing.assert_allclose(told["by_hand_weight"], told["loop_weight"], rtol=1e-6)
        np.testing.assert_allclose(told["by_hand_weight"], told["library_weight"], rtol=1e-4, atol=1e-6)
        sizes = np.array([5, 5, 5, 5, 2] * 2).reshape(2, 5)
        np.testing.assert_allclose((told["loop_losses"].reshape(2, 5) * sizes).sum(1) / 22, told["library_epoch_losses"], rtol=1e-5)


def test_a_model_called_without_a_mode_does_not_drop():
    """What a loop ported from PyTorch forgets: Keras' default is evaluation."""
    x = tf.ones((4, 50))
    assert float(tf.reduce_min(Dropout(0.5)(x))) == 1.0
    assert float(tf.reduce_min(Dropout(0.5)(x, training=True))) == 0.0
    assert float(torch.nn.Dropout(0.5)(torch.ones(4, 50)).min()) == 0.0


def test_early_stopping_is_the_callback():
    """The twin in a loop by hand and Keras' callback in `fit` end at the same epoch with the same weights."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 3)).astype("float32"), rng.integers(0, 2, (6, 1)).astype("float32")
    x_val, y_val = rng.normal(size=(8, 3)).astype("float32"), rng.integers(0, 2, (8, 1)).astype("float32")

    def model() -> keras.Model:
        net = LogisticRegressionModel(3)
        net(x)
        net.set_weights([np.full(v.shape, 0.25, np.float32) for v in net.trainable_variables])
        net.compile(keras.optimizers.SGD(1.0), "binary_crossentropy")
        return net

    net = model()
    callback = keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True)
    history = net.fit(x, y, batch_size=6, epochs=40, validation_data=(x_val, y_val), callbacks=[callback], shuffle=False, verbose=0).history
    other = model()
    stopping = tf_impl.training.early_stopping.EarlyStopping(other, patience=2)
    losses = []
    for _ in range(40):
        other.fit(x, y, batch_size=6, epochs=1, shuffle=False, verbose=0)
        losses.append(other.evaluate(x_val, y_val, batch_size=8, verbose=0))
        if stopping.step(losses[-1]):
            break
    assert len(losses) == len(history["val_loss"]) < 40
    assert stopping.best_epoch == callback.best_epoch
    for one, two in zip(net.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-5)


@pytest.mark.parametrize("side", [torch_ref.training.early_stopping, tf_impl.training.early_stopping])
def test_another_mode_is_refused(side):
    with pytest.raises(ValueError, match="`mode` must be 'min' or 'max', got 'auto'"):
        side.EarlyStopping(None, mode="auto")


def test_a_killed_writer_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    """Death between writing and renaming: the checkpoint that was there stays whole."""
    import torch_ref.training.resume as resume

    x, y = torch.randn(14, 3), torch.randn(14, 1)
    resume.train(x, y, 4, 4, str(tmp_path))
    kept = (tmp_path / "checkpoint.pt").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", lambda self, target: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            resume.train(x, y, 8, 4, str(tmp_path))
    assert (tmp_path / "checkpoint.pt").read_bytes() == kept
    assert resume.train(x, y, 8, 4, str(tmp_path))["begun"] == 4


# CartPole


def test_the_cart_is_gymnasiums():
    """Step for step, from a start, by fed actions; and until it falls."""
    gymnasium = pytest.importorskip("gymnasium", reason="the package gymnasium is not installed")
    environment = gymnasium.make("CartPole-v1").unwrapped
    environment.reset(seed=0)
    state = torch.tensor([[0.01, -0.02, 0.03, 0.04]], dtype=torch.float64)
    environment.state = tuple(state[0].tolist())
    for action in np.random.default_rng(0).integers(0, 2, 60):
        _, _, over, _, _ = environment.step(int(action))
        state, done = torch_ref.training.cartpole.move(state, torch.tensor([action]))
        np.testing.assert_allclose(state[0].numpy(), environment.state, rtol=1e-12, atol=1e-14)
        assert bool(done[0]) == over
        if over:
            break
    assert over


def test_what_was_learned_balances_longer():
    rng = np.random.default_rng(0)
    start, actions = rng.uniform(-0.2, 0.2, (16, 4)).astype(np.float32), rng.integers(0, 2, (100, 16))
    replay = rng.integers(0, 1600, (400, 32))
    told = torch_ref.training.cartpole.balance(*map(torch.from_numpy, (start, actions, replay)), every=10)
    assert told["longer_than_by_chance"]
    assert 0 < int(told["falls"]) < 1600
