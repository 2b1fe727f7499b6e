"""Vision transformer, in quick form (the same code, two or three narrow blocks): both sizes of a batch, an odd image, a layer before the scores, training.

Smallest legal input: the size it was built for, a multiple of the patch.
"""

from parity.case import Build, Case, TrainingCase, image, labels

VIT = "models.vit:VisionTransformer"
QUICK = {"patch_size": 7, "num_layers": 2, "num_heads": 2, "hidden_dim": 8, "mlp_dim": 12, "num_classes": 5}
SMALLEST = {**QUICK, "patch_size": 4, "num_layers": 1}
DIGITS = {"image_size": 32, "patch_size": 16, "num_layers": 2, "num_heads": 4, "hidden_dim": 32, "mlp_dim": 64, "num_classes": 10, "in_channels": 1}
SGD = Build("optimizers.sgd:SGD", {"lr": 0.0625, "momentum": 0.875})

CASES = [
    Case(VIT, "eval", config={"image_size": 28, **QUICK}, inputs={"x": image(1, 3, 28, 28)}),
    Case(VIT, "eval-odd", config={"image_size": 21, **QUICK, "representation_size": 6}, inputs={"x": image(2, 3, 21, 21)}),
    Case(VIT, "smallest", config={"image_size": 4, **SMALLEST, "in_channels": 1}, inputs={"x": image(2, 1, 4, 4)}),
    Case(
        VIT,
        "train",
        config={"image_size": 21, **QUICK, "num_layers": 3, "num_heads": 4},
        inputs={"x": image(3, 3, 21, 21)},
        training=True,
        steps=3,
        loss=Build("losses.cross_entropy:CrossEntropyLoss"),
        targets=labels(3, classes=5),
    ),
    TrainingCase(VIT, "digits", config=DIGITS, data="digits", optimizer=SGD, steps=150, batch=64),
]
