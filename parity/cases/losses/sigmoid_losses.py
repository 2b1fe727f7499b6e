"""Squared error and cross-entropy behind a sigmoid, from very wrong to very right: the gradients are the point."""

from parity.case import Case, DemoCase, Figure, values

LOGITS = values([-30.0, -10.0, -4.0, -1.0, 0.0, 1.0, 4.0, 10.0, 30.0])
ONES, ZEROS = values([1.0] * 9, differentiable=False), values([0.0] * 9, differentiable=False)

CASES = [
    Case(f"losses.sigmoid_losses:{name}", word, inputs={"logits": LOGITS, "target": target})
    for name in ("sigmoid_squared_error", "sigmoid_cross_entropy")
    for word, target in (("ones", ONES), ("zeros", ZEROS))
] + [
    DemoCase(
        "losses.sigmoid_losses:sigmoid_loss_slopes",
        inputs={"logits": values([i / 16 for i in range(-128, 129)])},
        figures=(
            Figure(
                "The slope at the logit for a target of 1: where the unit is wrong, only cross-entropy pulls",
                {"output:squared_error": "squared error", "output:cross_entropy": "cross-entropy"},
                x="logits",
                axes=("logit", "slope"),
            ),
        ),
        backends=("tensorflow",),
    )
]
