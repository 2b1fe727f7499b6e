"""Resizing: larger, smaller, one side only, all four interpolations, with and without antialiasing; the shorter side with a limit; bytes as Pillow."""

from parity.case import Case, image

_FOUR = ("nearest", "nearest-exact", "bilinear", "bicubic")


def _case(name: str, *shape: int, **config) -> Case:
    return Case("transforms.resize:Resize", name, config=config, inputs={"image": image(*shape)})


CASES = [
    *[_case(f"smaller-{mode}", 2, 3, 13, 17, size=(5, 6), interpolation=mode) for mode in _FOUR],
    *[_case(f"larger-{mode}", 1, 2, 5, 4, size=(8, 11), interpolation=mode) for mode in _FOUR],
    *[_case(f"rough-{mode}", 1, 3, 12, 9, size=(5, 13), interpolation=mode, antialias=False) for mode in ("bilinear", "bicubic")],
    _case("shorter-side", 1, 3, 10, 15, size=6),
    _case("shorter-side-upright", 1, 3, 17, 9, size=4),
    _case("limited", 1, 3, 8, 20, size=7, max_size=12),
    _case("same", 1, 3, 6, 7, size=(6, 7)),
    _case("unbatched-rank", 2, 1, 7, 7, size=3),
    _case("to-one", 1, 2, 7, 5, size=(1, 1), interpolation="bicubic"),
]
