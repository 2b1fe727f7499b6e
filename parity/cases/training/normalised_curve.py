"""The parabola with and without batch normalisation."""

from parity.case import Build, Case, TrainingCase, array

NET = "training.normalised_curve:CurveNet"


def _run(name: str, batch_norm: bool) -> TrainingCase:
    optimizer = Build("optimizers.adam:Adam", {"lr": 0.0625})
    config = {"depth": 2, "batch_norm": batch_norm}
    return TrainingCase(NET, name, config=config, data="curve", loss=Build("losses.mse:MSELoss"), optimizer=optimizer, batch=64, steps=80)


CASES = [
    Case(NET, "train", config={"depth": 2, "width": 3, "batch_norm": True}, inputs={"x": array(6, 1)}, training=True, steps=2),
    _run("without", False),
    _run("with-batch-norm", True),
]
