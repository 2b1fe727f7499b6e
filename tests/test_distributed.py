"""Several processes: PyTorch's two (gloo) and TensorFlow's two workers take the same steps as one device; what a failing process says."""

import numpy as np
import pytest
import tensorflow as tf
import torch

from tf_impl.distributed import data_parallel as keras_side
from torch_ref.distributed import data_parallel as torch_side

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def draws() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(1.0, 1.0, (8, 3, 6, 5)), rng.integers(0, 5, 8)


@pytest.fixture(scope="module")
def workers() -> dict:
    """What TensorFlow's two worker processes say after two steps; the twin raises where they do not end with the same weights."""
    x, labels = draws()
    return keras_side.multi_worker(tf.constant(np.moveaxis(x, 1, -1)), tf.constant(labels), steps=2)


@pytest.fixture(scope="module")
def processes() -> dict:
    """What PyTorch's two processes say of the same steps."""
    x, labels = draws()
    return torch_side.data_parallel(torch.from_numpy(x), torch.from_numpy(labels), steps=2)


def test_workers_are_pytorchs_processes(workers, processes):
    """MultiWorkerMirroredStrategy against DDP: gradients, weights and synchronised statistics, float64."""
    assert int(workers["replicas"]) == 2
    compared = [name for name, value in processes.items() if isinstance(value, torch.Tensor)]
    assert len(compared) == 30
    for name in compared:
        np.testing.assert_allclose(workers[name], processes[name].numpy(), rtol=1e-10, atol=1e-13, err_msg=name)


def test_synchronised_statistics_make_two_one(processes, workers):
    for told in (processes, workers):
        assert bool(told["sync_mean_as_one_device"])
        assert bool(told["sync_sum_as_one_device"])
        assert not bool(told["plain_mean_as_one_device"]), "each half has statistics of its own"
        for key in ("gradient", "weight", "mean", "variance"):
            np.testing.assert_allclose(np.asarray(told[f"sync_mean_two_{key}"]), np.asarray(told[f"sync_mean_one_{key}"]), rtol=1e-9, atol=1e-12)


def test_what_differs_when_the_loss_is_a_sum(processes, workers):
    assert processes["sync_sum_gradient_without_a_factor"] == 0.5  # DDP averages
    assert processes["sync_mean_gradient_without_a_factor"] == 1.0
    assert float(workers["sync_sum_gradient_without_a_factor"]) == 1.0  # tf.distribute adds up
    assert float(workers["sync_mean_gradient_without_a_factor"]) == 2.0


@pytest.mark.parametrize(("side", "array"), [(torch_side, torch.zeros), (keras_side, tf.zeros)], ids=["torch", "keras"])
def test_a_batch_that_cannot_be_split(side, array):
    shape = (7, 3, 6, 5) if side is torch_side else (7, 6, 5, 3)
    with pytest.raises(ValueError, match="`x` must hold a multiple of 2 examples, one part for each process, got 7"):
        side.data_parallel(array(shape), array(7), 1)


def test_a_process_that_fails_says_why():
    with pytest.raises(RuntimeError, match="a process of two failed"):
        torch_side.data_parallel(torch.zeros(4, 5, 6, 5), torch.zeros(4, dtype=torch.int64), 1)
