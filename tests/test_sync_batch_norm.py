"""Two replicas that are synchronised have the statistics of one batch. In a process of its own: devices are split before TensorFlow starts."""

import json
import subprocess
import sys

PROGRAM = """
import json
import numpy as np
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from tf_impl.layers import BatchNorm2d, SyncBatchNorm

x = np.random.default_rng(0).normal(3.0, 2.0, (6, 4, 5, 3)).astype("float32")
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
whole = BatchNorm2d(3)
with strategy.scope():
    layer = SyncBatchNorm(3)

@tf.function
def step(parts):
    return strategy.run(lambda part: layer(part, training=True), (parts,))

uneven = [x[:2], x[2:]]
parts = strategy.experimental_distribute_values_from_function(lambda context: tf.constant(uneven[context.replica_id_in_sync_group]))
told = {"output": 0.0}
for _ in range(2):
    outputs = np.concatenate([part.numpy() for part in strategy.experimental_local_results(step(parts))])
    told["output"] = max(told["output"], float(np.abs(outputs - whole(x, training=True)).max()))
for name in ("moving_mean", "moving_variance", "num_batches_tracked"):
    told[name] = float(np.abs(np.asarray(getattr(layer, name), "float64") - np.asarray(getattr(whole, name))).max())
print(json.dumps(told))
"""


def test_replicas_have_the_statistics_of_one_batch():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert set(told) == {"output", "moving_mean", "moving_variance", "num_batches_tracked"}
    assert max(told.values()) < 1e-5, told
