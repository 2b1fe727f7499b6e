"""Pipelines on two photographs and on the digits; the frameworks' own habits beside them."""

from parity.case import DemoCase

_ROUGH = "Keras does not antialias unless told: tf_impl.transforms.resize, or antialias=True."
_DEFAULTS = {
    "output:resizing_layer": _ROUGH,
    "output:image_resize": _ROUGH,
    "output:load_img": "keras.utils.load_img takes the nearest pixel unless told interpolation='bilinear'.",
}


def _photograph(name: str, size: int, crop: int, interpolation: str) -> DemoCase:
    config = {"name": name, "size": size, "crop": crop, "interpolation": interpolation}
    return DemoCase("transforms.compose:on_photograph", f"{name}-{interpolation}", config=config, backends=("tensorflow",))


CASES = [
    *[_photograph(name, 96, 80, interpolation) for name in ("china", "flower") for interpolation in ("bilinear", "bicubic", "nearest")],
    *[DemoCase("transforms.compose:by_default", name, config={"name": name}, known=_DEFAULTS, backends=("tensorflow",)) for name in ("china", "flower")],
    DemoCase("transforms.compose:on_digits", "twelve", config={"count": 12}, backends=("tensorflow",)),
]
