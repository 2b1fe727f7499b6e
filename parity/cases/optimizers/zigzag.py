"""The zig-zag valley: the usual start, one on the floor, one on the wall, many steps."""

from parity.case import DemoCase, values


def _case(name: str, start: list[float], steps: int = 30) -> DemoCase:
    return DemoCase("optimizers.zigzag:paths", name, inputs={"start": values(start)}, config={"steps": steps})


CASES = [
    _case("usual-start", [-7.0, 2.0]),
    _case("on-the-wall", [-0.5, 3.0]),
    _case("far-along-the-floor", [-40.0, 0.25]),
    _case("long", [-7.0, 2.0], steps=150),
]
