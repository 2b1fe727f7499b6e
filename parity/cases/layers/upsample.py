"""Resizing in every mode, up and down, by sizes and by factors that do not come out even."""

from parity.case import Case, image


def _case(name: str, draw, target: str = "Upsample", **config) -> Case:
    return Case(f"layers.upsample:{target}", name, config=config, inputs={"input": draw})


CASES = [
    _case("nearest", image(2, 3, 3, 4), scale_factor=2),
    _case("nearest-uneven", image(1, 2, 5, 7), size=(8, 3)),  # where TensorFlow's nearest picks others
    _case("nearest-factor", image(1, 2, 5, 7), scale_factor=(1.6, 0.45)),
    _case("nearest-signal", image(2, 3, 5), size=13),
    _case("nearest-volume", image(1, 2, 2, 3, 4), size=(3, 7, 2)),
    _case("nearest-exact", image(1, 2, 5, 7), mode="nearest-exact", size=(8, 3)),
    _case("nearest-exact-factor", image(2, 3, 7), mode="nearest-exact", scale_factor=1.6),
    _case("bilinear", image(2, 3, 3, 4), mode="bilinear", scale_factor=2.0),
    _case("bilinear-aligned", image(2, 3, 3, 4), mode="bilinear", scale_factor=2, align_corners=True),
    _case("bilinear-uneven", image(1, 2, 5, 7), mode="bilinear", size=(8, 3), align_corners=False),
    _case("bilinear-aligned-uneven", image(1, 2, 5, 7), mode="bilinear", size=(8, 3), align_corners=True),
    _case("bilinear-factor", image(1, 2, 7, 5), mode="bilinear", scale_factor=(1.6, 0.7)),
    _case("bilinear-factor-recomputed", image(1, 2, 7, 5), mode="bilinear", scale_factor=1.6, recompute_scale_factor=True),
    _case("bilinear-one-pixel", image(1, 2, 1, 5), mode="bilinear", size=(3, 1), align_corners=True),
    _case("bicubic", image(1, 2, 3, 4), mode="bicubic", scale_factor=2),
    _case("bicubic-aligned-uneven", image(1, 2, 5, 7), mode="bicubic", size=(8, 3), align_corners=True),
    _case("bicubic-factor", image(1, 2, 7, 5), mode="bicubic", scale_factor=1.6),
    _case("linear", image(2, 3, 5), mode="linear", size=8),
    _case("linear-aligned", image(2, 3, 5), mode="linear", size=8, align_corners=True),
    _case("trilinear", image(1, 2, 2, 3, 4), mode="trilinear", size=(3, 5, 2)),
    _case("trilinear-aligned", image(1, 2, 2, 3, 4), mode="trilinear", scale_factor=(1.5, 2.0, 1.0), align_corners=True),
    _case("area", image(1, 2, 5, 7), mode="area", size=(3, 9)),
    _case("area-factor", image(1, 2, 5, 7), mode="area", scale_factor=0.6),
    _case("default", image(1, 2, 3, 4), "UpsamplingNearest2d", scale_factor=3),
    _case("default", image(1, 2, 3, 4), "UpsamplingBilinear2d", scale_factor=3),
    _case("size", image(1, 2, 3, 4), "UpsamplingBilinear2d", size=(7, 2)),
]
