"""Inception v3 in quick form, a sixteenth as wide: the smallest image (75×75), odd sizes, and training with the auxiliary head, which needs 299×299.

TensorFlow's float32 sums over 299×299 pixels are noisier than PyTorch's, enough to turn single rectifiers over: in training those of the last two blocks,
whose gradients are sums of few numbers, are kept open by their biases.
"""

from parity.case import Build, Case, array, image

QUICK = {"num_classes": 7, "width": 4, "dropout": 0.0}
LAST = {"branch1x1": 20, "branch3x3_1": 24, "branch3x3_2a": 24, "branch3x3_2b": 24, "branch3x3dbl_1": 28, "branch3x3dbl_2": 24, "branch3x3dbl_3a": 24,
        "branch3x3dbl_3b": 24, "branch_pool": 12}  # fmt: skip
OPEN = {f"Mixed_7{block}.{branch}.bn.bias": array(channels, mean=6.0) for block in "bc" for branch, channels in LAST.items()}

CASES = [
    Case("models.inception_v3:Inception3", "odd", config={**QUICK, "aux_logits": False, "transform_input": True}, inputs={"x": image(1, 3, 83, 92)}),
    Case("models.inception_v3:Inception3", "smallest", config={**QUICK, "aux_logits": False, "in_channels": 2}, inputs={"x": image(2, 2, 75, 75)}),
    Case(
        "models.inception_v3:Inception3",
        "heads-train",
        config=QUICK,
        inputs={"x": image(3, 3, 299, 299)},
        training=True,
        steps=3,
        optimizer=Build("optimizers.sgd:SGD", {"lr": 2.0**-10}),
        weights=OPEN,
    ),
]
