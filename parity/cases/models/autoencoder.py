"""The autoencoder: the notes' size on a digit, colour images of odd sizes, flat inputs, training. Smallest legal input: one number."""

from parity.case import Build, Case, TrainingCase, image, uniform

NET = "models.autoencoder:Autoencoder"

CASES = [
    Case(NET, "notes", inputs={"x": image(1, 1, 28, 28)}, gradients=False),
    Case(NET, "colour", config={"in_features": 3 * 5 * 7, "widths": [9, 4]}, inputs={"x": image(2, 3, 5, 7)}),
    Case(NET, "smallest", config={"in_features": 1, "widths": [2]}, inputs={"x": uniform(2, 1)}),
    Case(
        NET,
        "train",
        config={"in_features": 2 * 6 * 5, "widths": [12, 7, 3]},
        inputs={"x": uniform(4, 2, 6, 5, layout="channels_last")},
        training=True,
        steps=3,
        loss=Build("losses.mse:MSELoss"),
        targets=uniform(4, 60),
    ),
    TrainingCase(
        NET,
        "digits",
        config={"in_features": 64, "widths": [32, 8]},
        data="digits",
        data_config={"size": 8, "form": "itself"},
        loss=Build("losses.mse:MSELoss"),
        optimizer=Build("optimizers.adam:Adam", {"lr": 0.0078125}),
        steps=80,
    ),
]
