"""Early stopping on fed metrics (ties, NaN-free plateaus, both modes, patience 0), and a run that over-fits."""

from parity.case import DemoCase, array

_FALLS = [3.0, 2.0, 2.5, 2.25, 1.75, 1.75, 1.75, 1.75, 1.0]


def _fed(name: str, metrics: list[float] = _FALLS, patience: int = 3, min_delta: float = 0.0, mode: str = "min") -> DemoCase:
    config = {"metrics": metrics, "patience": patience, "min_delta": min_delta, "mode": mode}
    return DemoCase("training.early_stopping:observe_stopping", name, config=config, backends=("tensorflow",))


CASES = [
    _fed("ties-are-not-better"),
    _fed("patience-2", patience=2),
    _fed("patience-0", patience=0),
    _fed("never-stops", patience=9),
    _fed("small-steps-do-not-count", metrics=[2.0, 1.75, 1.5, 1.25], patience=2, min_delta=0.5),
    _fed("accuracy", metrics=[0.5, 0.75, 0.625, 0.75, 0.5], patience=2, mode="max"),
    DemoCase(
        "training.early_stopping:keep_the_best",
        "over-fits",
        inputs={"x": array(6, 3), "y": array(6, 1), "x_val": array(8, 3), "y_val": array(8, 1)},
        config={"epochs": 60, "patience": 8},
        backends=("tensorflow",),
    ),
]
