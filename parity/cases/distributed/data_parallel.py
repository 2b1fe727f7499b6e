"""Two replicas beside one device, with plain and synchronised batch normalisation, with a mean and with a sum for a loss."""

from parity.case import DemoCase, image, labels

_MEAN = "tf.distribute adds the replicas' gradients up: divide a mean loss by the number of replicas, as losses given to `compile` do."
_SUM = "DDP averages the processes' gradients: multiply a summed loss by the number of processes."
_SYNC = "PyTorch's SyncBatchNorm takes tensors on GPUs only; the twin runs on the CPU too."

CASES = [
    DemoCase(
        "distributed.data_parallel:data_parallel",
        "two-steps",
        inputs={"x": image(12, 3, 6, 5, mean=1.0), "labels": labels(12, classes=5)},
        config={"steps": 2},
        known={
            "fact:sync_mean_gradient_without_a_factor": _MEAN,
            "fact:sync_sum_gradient_without_a_factor": _SUM,
            "fact:own_layer_on_the_cpu": _SYNC,
        },
        backends=("tensorflow",),
        time_limit=300.0,  # processes of its own, each importing a framework
    ),
]
