"""Colours: factors below and above 1, 0 and 1, one channel, all four in both orders; hue right round; black, white and grey pixels."""

from parity.case import Case, uniform

_EDGES = (0.0, 1.0, 0.5)


def _image(channels: int = 3):
    return uniform(2, channels, 5, 6, edges=_EDGES, layout="channels_last")


def _case(function: str, name: str, channels: int = 3, **config) -> Case:
    return Case(f"transforms.color:{function}", name, config=config, inputs={"image": _image(channels)})


CASES = [
    *[
        _case(f"adjust_{what}", f"by-{factor}", **{f"{what}_factor": factor})
        for what in ("brightness", "contrast", "saturation")
        for factor in (0.0, 0.4, 1.0, 1.7)
        if (what, factor) != ("brightness", 0.0)  # all black: nothing to compare
    ],
    *[_case("adjust_hue", f"by-{factor}", hue_factor=factor) for factor in (-0.5, -0.2, 0.0, 0.13, 0.5)],
    _case("adjust_contrast", "grey", 1, contrast_factor=0.5),
    _case("adjust_saturation", "grey", 1, saturation_factor=0.5),
    _case("rgb_to_grayscale", "three"),
    _case("color_jitter", "in-order", order=(0, 1, 2, 3), factors=(1.2, 0.8, 1.4, 0.1)),
    _case("color_jitter", "backwards", order=(3, 2, 1, 0), factors=(0.7, 1.3, None, -0.2)),
    Case("transforms.color:ColorJitter", "nothing", config={}, inputs={"image": _image()}, training=True),
    Case("transforms.color:ColorJitter", "one-factor", config={"brightness": (0.5, 0.5)}, inputs={"image": _image()}, training=True),
]
