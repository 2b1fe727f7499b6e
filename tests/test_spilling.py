"""Large arrays in files: the same numbers in the same layout, memory that is given back, and a check that says the same either way."""

import gc

import numpy as np
import pytest

from parity import spilling
from parity.spilling import LEAST, release, spilled

LARGE = np.random.default_rng(0).normal(size=(2, 16, 64, 64))  # 1 MiB


@pytest.mark.parametrize(
    "array",
    [
        LARGE,
        LARGE.transpose(0, 2, 3, 1),
        LARGE[:, ::2],
        LARGE[..., ::-1],
        np.broadcast_to(LARGE[:1], LARGE.shape),
        LARGE.astype(np.float32),
        np.repeat(LARGE > 0, 4, 2),
        (LARGE * 9).astype(np.int64),
        LARGE + 1j,
    ],
)
def test_a_large_array_comes_back_equal_and_laid_as_it_was(array):
    kept = spilled(array)
    release()
    assert kept is not array
    assert kept.dtype == array.dtype
    np.testing.assert_array_equal(kept, array)
    assert np.argsort(np.abs(kept.strides)).tolist() == np.argsort(np.abs(array.strides)).tolist() or 0 in array.strides


def test_several_arrays_share_a_file_and_do_not_touch():
    arrays = [LARGE + i for i in range(5)]
    kept = [spilled(array) for array in arrays]
    for array, copy in zip(arrays, kept, strict=True):
        np.testing.assert_array_equal(copy, array)


def test_an_array_larger_than_a_file_has_one_of_its_own(monkeypatch):
    monkeypatch.setattr(spilling, "CHUNK", LARGE.nbytes // 2)
    np.testing.assert_array_equal(spilled(LARGE), LARGE)


def test_small_and_odd_arrays_stay_as_they_are():
    small, names = np.zeros(LEAST // 8 - 1), np.array(["a" * LEAST])
    assert spilled(small) is small
    assert spilled(names) is names


def test_where_nothing_can_be_written_the_array_stays(monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spilling, "_POOL", spilling._Pool())
    monkeypatch.setattr(spilling.tempfile, "TemporaryFile", full)
    assert spilled(LARGE) is LARGE


def test_a_file_is_gone_with_its_last_array(monkeypatch):
    pool = spilling._Pool()
    monkeypatch.setattr(spilling, "_POOL", pool)
    monkeypatch.setattr(spilling, "CHUNK", LARGE.nbytes)
    kept = spilled(LARGE)
    assert len(pool.maps) == 1
    del kept
    gc.collect()
    assert not pool.maps


@pytest.mark.parametrize("fault", ["buffers", "code"])
def test_a_check_says_the_same_whether_arrays_go_to_files_or_not(monkeypatch, fault):
    import keras
    import torch

    import parity

    reference = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, padding=1), torch.nn.BatchNorm2d(4), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(256, 5))
    image = keras.Input((8, 8, 3))
    y = keras.layers.Conv2D(4, 3, padding="same", name="conv")(image)
    y = keras.layers.BatchNormalization(epsilon=1e-5, name="norm")(y)
    y = keras.ops.gelu(y) if fault == "code" else keras.ops.relu(y)
    port = keras.Model(image, keras.layers.Dense(5, name="dense")(keras.layers.Flatten()(y)))
    x = np.random.default_rng(1).normal(size=(2, 3, 8, 8)).astype(np.float32)
    words = {"targets": np.array([1, 3]), "loss": (torch.nn.CrossEntropyLoss(), keras.losses.SparseCategoricalCrossentropy(from_logits=True))}
    words |= {"optimizer": (lambda p: torch.optim.SGD(p, lr=0.1), lambda: keras.optimizers.SGD(0.1)), "steps": 2}
    in_memory = parity.check(reference, port, x, **words)
    held = [weight.copy() for weight in port.get_weights()], [tensor.clone() for tensor in reference.state_dict().values()]
    monkeypatch.setattr(spilling, "LEAST", 1)
    in_files = parity.check(reference, port, x, **words)
    assert in_files.findings == in_memory.findings
    assert [(row.role, row.name, row.verdict) for row in in_files.rows] == [(row.role, row.name, row.verdict) for row in in_memory.rows]
    assert all(np.array_equal(a, b) for a, b in zip(port.get_weights(), held[0], strict=True))
    assert all(torch.equal(a, b) for a, b in zip(reference.state_dict().values(), held[1], strict=True))
    assert in_memory.findings and not in_memory.ok and not in_files.ok


def test_memory_is_looked_for_only_where_much_was_written(monkeypatch):
    collected = []
    monkeypatch.setattr(spilling, "_POOL", spilling._Pool())
    monkeypatch.setattr(spilling.gc, "collect", lambda: collected.append(True))
    kept = [spilling.spilled(np.zeros(spilling.LEAST, np.uint8))]
    spilling.trim()
    assert not collected
    kept += [spilling.spilled(np.zeros(spilling.CHUNK, np.uint8))]
    spilling.trim()
    spilling.trim()
    assert collected == [True] and len(kept) == 2


@pytest.fixture
def nothing_frozen():
    """tests/conftest.py freezes what the tests import."""
    frozen = gc.get_freeze_count()
    gc.unfreeze()
    yield
    (gc.freeze if frozen else gc.unfreeze)()


def test_trim_passes_over_what_lived_before_and_nothing_stays_frozen(nothing_frozen):
    with spilling.aside():
        assert gc.get_freeze_count() > 1000
        with spilling.aside():  # a check inside another: the outer one gives back
            pass
        assert gc.get_freeze_count() > 1000
    assert gc.get_freeze_count() == 0


def test_what_the_user_froze_stays_frozen(nothing_frozen):
    gc.freeze()
    with spilling.aside():
        pass
    assert gc.get_freeze_count() > 1000


def test_a_layer_input_equal_to_torchs_is_not_kept_twice(monkeypatch):
    import keras
    import torch

    import parity
    from parity.diagnosis import forcing

    kept = []
    monkeypatch.setattr(forcing, "spilled", lambda array: kept.append(array.shape) or array)
    mine = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.ReLU(), torch.nn.Linear(5, 4))
    right = keras.Sequential([keras.Input((6,)), keras.layers.Dense(5, "relu"), keras.layers.Dense(4)])
    wrong = keras.Sequential([keras.Input((6,)), keras.layers.Dense(5, "tanh"), keras.layers.Dense(4)])
    x = np.random.default_rng(0).normal(size=(3, 6)).astype(np.float32)
    assert parity.check(mine, right, x).ok
    right_kept, kept[:] = kept.count((3, 5)), []
    assert not parity.check(mine, wrong, x).ok
    assert kept.count((3, 5)) > right_kept
