"""Cuts: odd and even margins, images too small, rectangles, random ones with given draws, and those that leave no choice."""

from parity.case import Case, DemoCase, image, uniform, values


def _center(name: str, size, *shape: int) -> Case:
    return Case("transforms.crop:CenterCrop", name, config={"size": size}, inputs={"image": image(*shape)})


def _box(name: str, draws, height: int, width: int, scale=(0.08, 1.0), ratio=(0.75, 4 / 3)) -> DemoCase:
    config = {"height": height, "width": width, "scale": scale, "ratio": ratio}
    return DemoCase("transforms.crop:boxes", name, inputs={"draws": draws}, config=config)


def _resized(name: str, **config) -> Case:
    return Case("transforms.crop:resized_crop", name, config=config, inputs={"image": image(1, 3, 12, 17)})


CASES = [
    _center("odd-margin", 4, 1, 3, 7, 9),  # where Keras' CenterCrop is one pixel off
    _center("margin-three", 4, 1, 2, 11, 7),
    _center("even-margin", (4, 3), 2, 3, 8, 7),
    _center("too-small", (9, 8), 1, 3, 6, 5),
    _center("one-side-too-small", (4, 9), 1, 3, 7, 6),
    _center("same", (5, 6), 1, 1, 5, 6),
    Case("transforms.crop:crop", "rectangle", config={"top": 1, "left": 2, "height": 4, "width": 3}, inputs={"image": image(2, 3, 6, 7)}),
    Case("transforms.crop:RandomCrop", "no-choice", config={"size": (5, 6)}, inputs={"image": image(2, 3, 5, 6)}, training=True),
    Case("transforms.crop:RandomCrop", "padded-no-choice", config={"size": (9, 8), "padding": (1, 2)}, inputs={"image": image(2, 3, 5, 6)}, training=True),
    Case("transforms.crop:RandomResizedCrop", "whole", config={"size": (4, 5), "scale": (1.0, 1.0), "ratio": (1.0, 1.0)}, inputs={"image": image(1, 3, 9, 9)},
         training=True),
    _resized("smaller", top=2, left=3, height=9, width=11, size=(5, 4)),
    _resized("larger", top=0, left=0, height=3, width=4, size=(7, 9), interpolation="bicubic"),
    _resized("rough", top=1, left=6, height=10, width=10, size=(4, 4), antialias=False),
    _box("photograph", uniform(10, 4), 427, 640),
    _box("upright", uniform(10, 4), 31, 17),
    _box("narrow", uniform(10, 4), 10, 300, scale=(0.9, 1.0)),  # no try fits: the middle
    _box("later-try", values([[1.0, 0.0, 0.5, 0.5], [1.0, 1.0, 0.5, 0.5], [0.3, 0.5, 0.99, 0.0]]), 20, 20),
]  # fmt: skip
