"""Lazy layers: every one with its defaults and with all its words; unbatched inputs, training and evaluation."""

from parity.case import Case, array, image

SPACE = {1: (9,), 2: (9, 8), 3: (5, 6, 7)}


def _case(name: str, case: str, config: dict, *shape: int, **more) -> Case:
    batched = more.pop("batched", True)
    return Case(f"layers.lazy:{name}", case, config=config, inputs={"input": image(*shape, batched=batched)}, **more)


CONV = {"out_channels": 6, "kernel_size": 3, "stride": 2, "padding": 1, "groups": 2, "bias": False, "padding_mode": "reflect"}
TRANSPOSE = {"out_channels": 6, "kernel_size": 3, "stride": 2, "padding": 1, "output_padding": 1, "groups": 2, "bias": False, "dilation": 2}
NORM = {"eps": 1e-3, "momentum": 0.3, "bias": False}

CASES = [
    Case("layers.lazy:LazyLinear", "default", config={"out_features": 5}, inputs={"input": array(3, 4, 7)}),
    Case("layers.lazy:LazyLinear", "trained", config={"out_features": 5, "bias": False}, inputs={"input": array(3, 7)}, training=True, steps=3),
    Case("layers.lazy:LazyLinear", "vector", config={"out_features": 5}, inputs={"input": array(7)}),
    *(_case(f"LazyConv{n}d", "default", {"out_channels": 5, "kernel_size": 3}, 2, 4, *SPACE[n]) for n in SPACE),
    *(_case(f"LazyConv{n}d", "words", CONV, 2, 4, *SPACE[n]) for n in SPACE),
    _case("LazyConv2d", "dilated-same", {"out_channels": 5, "kernel_size": (3, 2), "padding": "same", "dilation": 2}, 2, 4, 9, 8),
    *(_case(f"LazyConv{n}d", "unbatched", {"out_channels": 5, "kernel_size": 2}, 4, *SPACE[n], batched=False) for n in SPACE),
    _case("LazyConv2d", "trained", {"out_channels": 5, "kernel_size": 3}, 2, 4, 7, 6, training=True, steps=3),
    *(_case(f"LazyConvTranspose{n}d", "default", {"out_channels": 5, "kernel_size": 3}, 2, 4, *SPACE[n]) for n in SPACE),
    *(_case(f"LazyConvTranspose{n}d", "words", TRANSPOSE, 2, 4, *SPACE[n]) for n in SPACE),
    *(_case(f"LazyConvTranspose{n}d", "unbatched", {"out_channels": 5, "kernel_size": 2}, 4, *SPACE[n], batched=False) for n in SPACE),
    *(_case(f"Lazy{kind}Norm{n}d", "evaluated", {}, 3, 4, *SPACE[n]) for kind in ("Batch", "Instance") for n in SPACE),
    *(_case(f"Lazy{kind}Norm{n}d", "learning", NORM, 3, 4, *SPACE[n], training=True) for kind in ("Batch", "Instance") for n in SPACE),
    *(
        _case(f"Lazy{kind}Norm2d", "plain", {"affine": False, "track_running_stats": False}, 3, 4, 7, 6, training=True)
        for kind in ("Batch", "Instance")
    ),
    Case("layers.lazy:LazyBatchNorm1d", "features", config={"momentum": None}, inputs={"input": array(6, 4)}, training=True),
]  # fmt: skip
