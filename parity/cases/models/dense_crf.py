"""The dense CRF: both kernels, colours of 0 … 255, one label for all pixels, one pixel, gradients of scores and image through several updates."""

from dataclasses import replace

from parity.case import Case, Draw, image, uniform

TARGET = "models.dense_crf:DenseCRF"
MILD = {"iterations": 3, "appearance_weight": 0.25, "theta_alpha": 4.0, "theta_beta": 1.5, "smoothness_weight": 0.125, "theta_gamma": 1.75}
COLOURS = {"low": 0.0, "high": 255.0, "layout": "channels_last"}


def _unused(draw: Draw) -> Draw:
    """Colours that cannot matter have no gradient to compare."""
    return replace(draw, differentiable=False)


CASES = [
    Case(TARGET, "mild", config=MILD, inputs={"scores": image(2, 4, 5, 7), "images": image(2, 3, 5, 7)}),
    Case(TARGET, "photograph", inputs={"scores": image(1, 3, 9, 6, std=4.0), "images": uniform(1, 3, 9, 6, **COLOURS)}, gradients=False),
    Case(TARGET, "smoothness-alone", config={**MILD, "appearance_weight": 0.0}, inputs={"scores": image(1, 2, 12, 12), "images": _unused(image(1, 1, 12, 12))}),
    Case(TARGET, "one-pixel", config=MILD, inputs={"scores": image(3, 5, 1, 1), "images": _unused(image(3, 3, 1, 1))}),
    Case(TARGET, "no-iteration", config={"iterations": 0}, inputs={"scores": image(2, 3, 3, 4), "images": _unused(image(2, 3, 3, 4))}),
]
