"""Maximum unpooling: indices differ between channels and images; overlapping windows that chose the same place."""

from parity.case import Case, image, values

_IMAGES = values([[[[0, 3], [9, 10]], [[5, 2], [8, 15]]], [[[4, 7], [13, 11]], [[1, 6], [12, 14]]]], layout="channels_last")  # in 4 · 4
_CUBES = values([[[[[0, 3], [10, 7]], [[17, 18], [20, 27]]], [[[5, 2], [9, 6]], [[16, 19], [25, 22]]]]], layout="channels_last")  # in 2 · 4 · 4

CASES = [
    Case("layers.unpooling:MaxUnpool2d", config={"kernel_size": 2}, inputs={"input": image(2, 2, 2, 2), "indices": _IMAGES}),
    Case(
        "layers.unpooling:MaxUnpool2d",
        "padded-unequal",
        config={"kernel_size": (3, 4), "stride": (2, 3), "padding": (1, 0)},  # 3 · 7
        inputs={"input": image(1, 1, 2, 2), "indices": values([[[[0, 20], [9, 13]]]], layout="channels_last")},
    ),
    Case(
        "layers.unpooling:MaxUnpool1d",
        "same-place-twice",
        config={"kernel_size": 3, "stride": 1},
        inputs={
            "input": values([[[2.0, 2.0, 1.0], [3.0, -1.0, -1.0]]], layout="channels_last"),
            "indices": values([[[2, 2, 4], [0, 1, 1]]], layout="channels_last"),
        },
    ),
    Case("layers.unpooling:MaxUnpool3d", "volume", config={"kernel_size": (1, 2, 2)}, inputs={"input": image(1, 2, 2, 2, 2), "indices": _CUBES}),
    Case(
        "layers.unpooling:MaxUnpool2d",
        "unbatched",
        config={"kernel_size": 2},
        inputs={"input": image(1, 2, 2, batched=False), "indices": values([[[0, 3], [9, 10]]], layout="channels_last_unbatched")},
    ),
    Case(
        "layers.unpooling:MaxUnpool2d",
        "asked-for-size",
        config={"kernel_size": 2},
        inputs={"input": image(1, 1, 2, 2), "indices": values([[[[0, 3], [9, 19]]]], layout="channels_last")},
        arguments={"output_size": (5, 4)},
    ),
]
