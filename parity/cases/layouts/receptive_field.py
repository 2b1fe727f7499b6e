"""Receptive fields of stacks with stride and dilation, counted and seen; the parameters of the notes' examples."""

from parity.case import DemoCase


def _field(name: str, field: int | None, *layers: tuple[int, int, int]) -> DemoCase:
    printed = {} if field is None else {"field": field, "seen": field}
    return DemoCase("layouts.receptive_field:receptive_field", name, config={"layers": layers}, printed=printed, backends=("tensorflow",))


_INCEPTION = {"height": 100, "width": 100, "inputs": 128, "reduced": 32, "outputs": 256}
_COUNTED = {"direct_parameters": 5 * 5 * 128 * 256, "reduced_parameters": 1 * 1 * 128 * 32 + 5 * 5 * 32 * 256, "output_shape": [100, 100, 256]}

CASES = [
    _field("two-3x3", 5, (3, 1, 1), (3, 1, 1)),
    _field("three-3x3", 7, (3, 1, 1), (3, 1, 1), (3, 1, 1)),
    _field("one-by-one", None, (1, 1, 1)),
    _field("strides", None, (7, 2, 1), (3, 2, 1), (3, 1, 1), (1, 2, 1)),
    _field("dilated", None, (3, 1, 1), (3, 1, 2), (3, 1, 4)),
    _field("pooled", None, (3, 1, 1), (2, 2, 1), (3, 1, 1), (2, 2, 1), (3, 1, 1)),
    DemoCase("layouts.receptive_field:stack_parameters", "sixty-four", config={"channels": 64}),
    DemoCase("layouts.receptive_field:bottleneck", "notes", config=_INCEPTION, printed=_COUNTED),  # the notes write the products out
    DemoCase("layouts.receptive_field:bottleneck", "unequal", config={"height": 7, "width": 5, "inputs": 16, "reduced": 3, "outputs": 9}),
]
