"""sin → cos: outputs and gradients, and a run."""

from parity.case import Build, Case, TrainingCase, array

CASES = [
    Case("training.sine_to_cosine:SineRNN", "eval", config={"hidden_size": 5}, inputs={"x": array(3, 7, 1)}),
    TrainingCase(
        "training.sine_to_cosine:SineRNN",
        "run",
        data="sine",
        loss=Build("losses.mse:MSELoss"),
        optimizer=Build("optimizers.adam:Adam", {"lr": 0.0078125}),
        steps=80,
    ),
]
