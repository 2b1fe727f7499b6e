"""Two replicas beside one device, with plain and synchronised batch normalisation, with a mean and with a sum for a loss; in one process and in two."""

from parity.case import DemoCase, image, labels

_MEAN = "tf.distribute adds the replicas' gradients up: divide a mean loss by the number of replicas, as losses given to `compile` do."
_SUM = "DDP averages the processes' gradients: multiply a summed loss by the number of processes."
_SYNC = "PyTorch's SyncBatchNorm takes tensors on GPUs only; the twin runs on the CPU too."

CASES = [
    DemoCase(
        f"distributed.data_parallel:{function}",
        "two-steps",
        inputs={"x": image(n, 3, 6, 5, mean=1.0), "labels": labels(n, classes=5)},
        config={"steps": 2},
        known={
            "fact:sync_mean_gradient_without_a_factor": _MEAN,
            "fact:sync_sum_gradient_without_a_factor": _SUM,
            "fact:own_layer_on_the_cpu": _SYNC,
        },
        backends=("tensorflow",),
        time_limit=300.0,  # processes of its own, each importing a framework
    )
    for function, n in (("data_parallel", 12), ("multi_worker", 8))
]
