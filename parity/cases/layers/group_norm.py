"""Group normalisation: one group, several, one a channel; vectors, signals and volumes."""

from parity.case import Case, array, image


def _case(name: str, groups: int, draw, **config) -> Case:
    words = {"num_groups": groups, "num_channels": draw.shape[1], **config}
    return Case("layers.group_norm:GroupNorm", name, config=words, inputs={"input": draw}, training=True)


CASES = [
    Case("layers.group_norm:GroupNorm", "default", config={"num_groups": 2, "num_channels": 6}, inputs={"input": image(2, 6, 3, 5)}, training=True, steps=2),
    _case("one-group", 1, image(2, 4, 3, 5, mean=4.0)),
    _case("group-of-one", 4, image(2, 4, 3, 5)),
    _case("equal-axes", 2, image(2, 4, 4, 4)),  # the wrong axis would fit
    _case("small-variance", 3, image(2, 6, 3, 5, std=0.01)),  # where eps shows
    _case("eps", 2, image(2, 6, 3, 5, std=0.1), eps=0.125),
    _case("no-affine", 2, image(2, 4, 3, 5), affine=False),
    _case("no-bias", 2, image(2, 4, 3, 5), bias=False),
    _case("vectors", 2, array(3, 6)),
    _case("signal", 3, image(2, 6, 7)),
    _case("volume", 2, image(2, 4, 2, 3, 5)),
]
