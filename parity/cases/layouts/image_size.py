"""Sizes: unequal sides, larger and smaller, one side only, the notes' 512 to 160."""

from parity.case import Case, DemoCase, array


def _resize(name: str, shape: tuple[int, int, int], dsize: tuple[int, int]) -> Case:
    return Case("layouts.image_size:resize", name, inputs={"image": array(*shape)}, config={"dsize": dsize})


CASES = [
    _resize("larger", (4, 6, 3), (9, 5)),
    _resize("smaller", (13, 11, 1), (4, 6)),
    _resize("wider-and-lower", (8, 5, 2), (11, 3)),
    _resize("same", (4, 5, 3), (5, 4)),
    _resize("to-one", (5, 4, 3), (1, 1)),
    DemoCase("layouts.image_size:orders", "unequal", config={"height": 4, "width": 6}),
    DemoCase("layouts.image_size:grey_to_batch", "notes", inputs={"image": array(512, 512)}, printed={"image_shape": [512, 512], "new_shape": [1, 160, 160]}),
]
