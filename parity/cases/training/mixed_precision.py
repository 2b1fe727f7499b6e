"""Which type each step has, what the scale does when gradients overflow, and twenty steps beside float32; all of it facts."""

from parity.case import DemoCase, array, labels

_INF, _NAN = float("inf"), float("nan")


def _inputs(n: int) -> dict:
    return {"x": array(n, 6), "labels": labels(n, classes=3)}


def _demo(function: str, name: str, **fields) -> DemoCase:
    return DemoCase(f"training.mixed_precision:{function}", name, backends=("tensorflow",), **fields)


CASES = [
    *[_demo("observe_autocast", dtype, inputs=_inputs(7), config={"dtype": dtype}) for dtype in ("bfloat16", "float16")],
    _demo(
        "loss_scaling", "overflows", config={"multipliers": [1.0, 0.5, _INF, 2.0, 1.0, 1.0, -1.0, _NAN, 4.0, 1.0], "init_scale": 1024.0, "growth_interval": 3}
    ),
    _demo("loss_scaling", "grows", config={"multipliers": [1.0] * 7, "init_scale": 65536.0, "growth_interval": 2}),
    *[_demo("train_mixed", dtype, inputs=_inputs(9), config={"dtype": dtype, "steps": 20}) for dtype in ("bfloat16", "float16")],
]
