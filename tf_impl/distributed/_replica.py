"""The process of `data_parallel`: `python -m tf_impl.distributed._replica FOLDER`, or one of several workers where `TF_CONFIG` says so."""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from tf_impl.layers.batch_norm import BatchNorm2d
from tf_impl.layers.conv import Conv2d
from tf_impl.layers.linear import Linear
from tf_impl.layers.sync_batch_norm import SyncBatchNorm
from tf_impl.losses.cross_entropy import CrossEntropyLoss
from tf_impl.models._model import Model
from tf_impl.optimizers.sgd import SGD
from tf_impl.saving._seeded import fill
from tf_impl.saving.state_dict import state_dict
from tf_impl.typing import Tensor

VARIANTS = {"plain_mean": (False, "mean"), "sync_mean": (True, "mean"), "sync_sum": (True, "sum")}
RATE = 2.0**-4


class Net(Model):
    """conv 3×3 – normalisation – ReLU – mean – scores."""

    def __init__(self, norm: type[keras.layers.Layer]) -> None:
        super().__init__()
        self.conv, self.norm, self.fc = Conv2d(3, 4, 3), norm(4), Linear(4, 5)

    def call(self, x: Tensor, training: bool | None = None) -> Tensor:
        return self.fc(ops.mean(ops.relu(self.norm(self.conv(x), training=training)), axis=(1, 2)))


def train(strategy: tf.distribute.Strategy, norm: type, x: np.ndarray, labels: np.ndarray, steps: int, reduction: str, factor: float) -> dict[str, np.ndarray]:
    """Some steps; the first gradient, and weights and statistics at the end."""
    replicas = strategy.num_replicas_in_sync
    with strategy.scope():
        net, loss_fn, optimizer = Net(norm), CrossEntropyLoss(reduction=reduction), SGD(RATE)
        net(x[:1])
        optimizer.build(net.trainable_variables)
    fill(net)

    def replica(images: Tensor, right: Tensor) -> Tensor:
        with tf.GradientTape() as tape:
            loss = loss_fn(net(images, training=True), right)
        gradients = tape.gradient(loss, [v.value for v in net.trainable_variables])
        optimizer.apply([factor * gradient for gradient in gradients], net.trainable_variables)  # adds the replicas' gradients up
        return tf.distribute.get_replica_context().all_reduce("SUM", gradients[0])

    def parts(array: np.ndarray):
        size = len(array) // replicas
        return strategy.experimental_distribute_values_from_function(
            lambda context: tf.constant(array[context.replica_id_in_sync_group * size : (context.replica_id_in_sync_group + 1) * size])
        )

    run = tf.function(lambda images, right: strategy.run(replica, args=(images, right)))
    first = None
    for _ in range(steps):
        done = strategy.experimental_local_results(run(parts(x), parts(labels)))[0]
        first = done.numpy() if first is None else first
    state = state_dict(net)
    names = {"weight": "conv.weight", "scores_weight": "fc.weight", "mean": "norm.running_mean", "variance": "norm.running_var"}
    first = np.moveaxis(first, (-1, -2), (0, 1))
    return {"bare": first, "gradient": factor * first, **{key: state[name] for key, name in names.items()}}


def main(folder: str) -> None:
    given = np.load(Path(folder) / "inputs.npz")
    workers = "TF_CONFIG" in os.environ
    tf.config.threading.set_inter_op_parallelism_threads(2)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    if workers:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    else:
        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
        strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    keras.config.set_floatx(str(given["x"].dtype))
    keras.config.set_dtype_policy(str(given["x"].dtype))
    x, labels, steps = np.moveaxis(given["x"], 1, -1), given["labels"], int(given["steps"])
    told: dict[str, object] = {"replicas": strategy.num_replicas_in_sync}
    alone = {kind: train(tf.distribute.get_strategy(), BatchNorm2d, x, labels, steps, kind, 1.0) for kind in ("mean", "sum")}
    for name, (synchronised, reduction) in VARIANTS.items():
        one, norm = alone[reduction], SyncBatchNorm if synchronised else BatchNorm2d
        factor = 1.0 if reduction == "sum" else 1.0 / strategy.num_replicas_in_sync  # the optimizer adds the replicas' gradients up
        two = train(strategy, norm, x, labels, steps, reduction, factor)
        bare = two.pop("bare")
        told |= {f"{name}_one_{key}": one[key] for key in two} | {f"{name}_two_{key}": value for key, value in two.items()}
        told[f"{name}_as_one_device"] = all(np.allclose(two[key], one[key], rtol=1e-4, atol=1e-5) for key in two)
        if synchronised:
            told[f"{name}_gradient_without_a_factor"] = round(float(np.linalg.norm(bare) / np.linalg.norm(one["gradient"])), 4)
    told["own_layer_on_the_cpu"] = "runs"  # it did, above
    np.savez(Path(folder) / ("outputs.npz" if not workers else f"outputs-{strategy.cluster_resolver.task_id}.npz"), **told)


if __name__ == "__main__":
    main(sys.argv[1])
