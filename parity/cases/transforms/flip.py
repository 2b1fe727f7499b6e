"""Flips: always, never, both ways."""

from parity.case import Case, image

CASES = [
    *[
        Case(f"transforms.flip:{name}", f"p-{p}", config={"p": p}, inputs={"image": image(2, 3, 4, 5)}, training=True)
        for name in ("RandomHorizontalFlip", "RandomVerticalFlip")
        for p in (0.0, 1.0)
    ],
    Case("transforms.flip:hflip", "unequal", inputs={"image": image(1, 2, 3, 6)}),
    Case("transforms.flip:vflip", "unequal", inputs={"image": image(1, 2, 3, 6)}),
]
