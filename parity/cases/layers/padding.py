"""Padding in every mode: unequal sides, the widest that is possible, negative numbers."""

from parity.case import Case, image


def _case(target: str, name: str, padding, *shape: int, **config) -> Case:
    draw = image(*shape, batched=len(shape) == int(target[-2]) + 2)
    return Case(f"layers.padding:{target}", name, config={"padding": padding, **config}, inputs={"input": draw}, output_layout=draw.layout)


CASES = [
    _case("ZeroPad2d", "unequal", (1, 2, 3, 0), 2, 3, 4, 5),
    _case("ZeroPad2d", "negative", (-1, 2, 1, -2), 2, 3, 4, 5),
    _case("ZeroPad2d", "unbatched", 2, 3, 4, 5),
    _case("ZeroPad1d", "signal", (2, 1), 2, 3, 4),
    _case("ZeroPad3d", "volume", (1, 2, 0, 1, 3, 0), 1, 2, 3, 4, 2),
    _case("ConstantPad2d", "tenth", (1, 2, 3, 0), 2, 3, 4, 5, value=0.1),
    _case("ConstantPad1d", "signal", (2, -1), 2, 3, 4, value=-3.5),
    _case("ConstantPad3d", "volume", 1, 1, 2, 3, 4, 2, value=2.0),
    _case("ReflectionPad2d", "unequal", (1, 2, 3, 0), 2, 3, 4, 5),
    _case("ReflectionPad2d", "widest", (4, 4, 3, 3), 1, 2, 4, 5),
    _case("ReflectionPad2d", "negative", (-1, 2, 1, -2), 1, 2, 4, 5),
    _case("ReflectionPad1d", "signal-unbatched", (2, 1), 3, 4),
    _case("ReflectionPad3d", "volume", (1, 2, 0, 1, 2, 0), 1, 2, 3, 2, 4),
    _case("ReplicationPad2d", "unequal", (1, 2, 3, 0), 2, 3, 4, 5),
    _case("ReplicationPad2d", "wider-than-image", (6, 0, 0, 7), 1, 2, 4, 5),
    _case("ReplicationPad1d", "signal", (2, 1), 2, 3, 4),
    _case("ReplicationPad3d", "volume", (1, 2, 0, 1, 2, 0), 1, 2, 3, 2, 4),
    _case("CircularPad2d", "unequal", (1, 2, 3, 0), 2, 3, 4, 5),
    _case("CircularPad2d", "widest", (5, 5, 4, 4), 1, 2, 4, 5),
    _case("CircularPad1d", "signal", (2, 1), 2, 3, 4),
    _case("CircularPad3d", "volume-unbatched", (1, 2, 0, 1, 2, 0), 2, 3, 2, 4),
]
