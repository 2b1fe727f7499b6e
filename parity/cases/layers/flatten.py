"""Flattening and its inverse: signals, images, volumes, and axes in the middle."""

from parity.case import Case, array, image

CASES = [
    Case("layers.flatten:Flatten", "image", inputs={"input": image(2, 3, 4, 5)}),
    Case("layers.flatten:Flatten", "signal", inputs={"input": image(2, 3, 4)}),
    Case("layers.flatten:Flatten", "volume", inputs={"input": image(2, 3, 4, 1, 5)}),
    Case("layers.flatten:Flatten", "vectors", inputs={"input": array(2, 3)}),
    Case("layers.flatten:Flatten", "batch-too", config={"start_dim": 0}, inputs={"input": image(2, 3, 4, 5)}),
    Case("layers.flatten:Flatten", "middle", config={"start_dim": 1, "end_dim": 2}, inputs={"input": array(2, 3, 4, 5)}),
    Case("layers.flatten:Flatten", "last-two", config={"start_dim": -2}, inputs={"input": array(2, 3, 4, 5)}),
    Case("layers.flatten:Unflatten", "image", config={"dim": 1, "unflattened_size": (3, 4, 5)}, inputs={"input": array(2, 60)}, output_layout="channels_last"),
    Case("layers.flatten:Unflatten", "signal", config={"dim": -1, "unflattened_size": (3, -1)}, inputs={"input": array(2, 12)}, output_layout="channels_last"),
    Case("layers.flatten:Unflatten", "first", config={"dim": 0, "unflattened_size": (2, 3)}, inputs={"input": array(6, 4)}),
    Case("layers.flatten:Unflatten", "middle", config={"dim": 1, "unflattened_size": (2, 3)}, inputs={"input": array(2, 6, 4)}),
]
