"""Twenty points and 4,353 weights, with and without dropout, from the same start and with the same masks."""

from parity.case import Build, Case, TrainingCase, uniform

NET = "training.overfitting:OverfittingNet"


def _run(name: str, dropout: bool) -> TrainingCase:
    optimizer = Build("optimizers.adam:Adam", {"lr": 0.0078125})
    config = {"hidden": 64, "dropout": dropout}
    held = 20 / 520  # other points of the line, at the end
    return TrainingCase(
        NET, name, config=config, data="noisy", loss=Build("losses.mse:MSELoss"), optimizer=optimizer, batch=20, steps=200, held_out=held, split="last"
    )


CASES = [
    Case(NET, "train", config={"hidden": 3, "dropout": True}, inputs={"x": uniform(4, 7, low=-1.0)}, training=True),
    _run("without-dropout", False),
    _run("with-dropout", True),
]
