"""The zig-zag valley: the usual start, one on the floor, one on the wall, many steps."""

from parity.case import DemoCase, Figure, values

GROUND = ("output:across", "output:along", "output:valley")
PATHS = tuple(
    Figure(f"{name}: {steps} steps down the valley", {f"output:{name}": name}, kind="path", ground=GROUND, axes=("x", "y"))
    for name, steps in (("SGD", 30), ("momentum", 30), ("Adagrad", 30), ("RMSprop", 30), ("Adam", 30))
)


def _case(name: str, start: list[float], steps: int = 30, figures: tuple[Figure, ...] = ()) -> DemoCase:
    return DemoCase("optimizers.zigzag:paths", name, inputs={"start": values(start)}, config={"steps": steps}, figures=figures)


CASES = [
    _case("usual-start", [-7.0, 2.0], figures=PATHS),
    _case("on-the-wall", [-0.5, 3.0]),
    _case("far-along-the-floor", [-40.0, 0.25]),
    _case("long", [-7.0, 2.0], steps=150),
]
