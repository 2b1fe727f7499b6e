"""Borders: every mode, one, two and four numbers, as wide as the image allows."""

from parity.case import Case, image


def _case(name: str, **config) -> Case:
    return Case("transforms.pad:Pad", name, config=config, inputs={"image": image(2, 3, 5, 6)})


CASES = [
    _case("one", padding=2),
    _case("two-filled", padding=(1, 3), fill=0.5),
    _case("four", padding=(0, 1, 2, 3), fill=-1.0),
    _case("none", padding=0),
    *[_case(f"{mode}", padding=(1, 2, 4, 3), padding_mode=mode) for mode in ("edge", "reflect", "symmetric")],
    _case("symmetric-whole", padding=5, padding_mode="symmetric"),
    _case("edge-wider-than-the-image", padding=9, padding_mode="edge"),
]
