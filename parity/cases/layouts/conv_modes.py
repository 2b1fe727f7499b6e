"""Modes: the notes' 7x7 by 3x3 and the figures' 7x6, odd and even kernels, kernels of one."""

from parity.case import Case, DemoCase, array


def _modes(name: str, h: int, w: int, kh: int, kw: int) -> Case:
    return Case("layouts.conv_modes:correlated", name, inputs={"x": array(h, w), "kernel": array(kh, kw)})


def _convolved(name: str, n: int, k: int) -> DemoCase:
    return DemoCase("layouts.conv_modes:convolved", name, inputs={"x": array(n), "kernel": array(k)})


CASES = [
    _modes("notes", 7, 7, 3, 3),
    _modes("even-kernel", 7, 6, 2, 4),
    _modes("as-large-as-the-image", 4, 5, 4, 5),
    _modes("one", 3, 4, 1, 1),
    DemoCase(
        "layouts.conv_modes:sizes_of_modes",
        "notes",
        config={"height": 7, "width": 7, "kh": 3, "kw": 3},
        printed={"full": [9, 9], "same": [7, 7], "valid": [5, 5]},
    ),
    DemoCase("layouts.conv_modes:sizes_of_modes", "even", config={"height": 7, "width": 6, "kh": 2, "kw": 4}),
    _convolved("odd", 8, 3),
    _convolved("even", 7, 4),
]
