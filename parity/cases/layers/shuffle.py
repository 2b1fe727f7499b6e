"""Shuffles: several channels, where the order shows, unequal sides, no batch axis."""

from parity.case import Case, image

CASES = [
    Case("layers.shuffle:PixelShuffle", config={"upscale_factor": 2}, inputs={"input": image(2, 12, 3, 4)}),
    Case("layers.shuffle:PixelShuffle", "three", config={"upscale_factor": 3}, inputs={"input": image(1, 18, 2, 1)}),
    Case(
        "layers.shuffle:PixelShuffle",
        "unbatched",
        config={"upscale_factor": 2},
        inputs={"input": image(8, 3, 4, batched=False)},
        output_layout="channels_last_unbatched",
    ),
    Case("layers.shuffle:PixelUnshuffle", config={"downscale_factor": 2}, inputs={"input": image(2, 3, 6, 4)}),
    Case("layers.shuffle:PixelUnshuffle", "three", config={"downscale_factor": 3}, inputs={"input": image(1, 2, 3, 9)}),
    Case("layers.shuffle:ChannelShuffle", config={"groups": 2}, inputs={"input": image(2, 6, 3, 4)}),
    Case("layers.shuffle:ChannelShuffle", "signal", config={"groups": 3}, inputs={"input": image(2, 6, 5)}),
]
