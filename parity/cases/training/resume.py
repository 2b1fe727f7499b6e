"""Stopped between two checkpoints, on one, and before the first; batch norm's buffers and Adam's moments go on too."""

from parity.case import DemoCase, array


def _case(name: str, steps: int, every: int, stopped: int) -> DemoCase:
    config = {"steps": steps, "every": every, "stopped": stopped}
    return DemoCase("training.resume:stop_and_go", name, inputs={"x": array(14, 3), "y": array(14, 1)}, config=config, backends=("tensorflow",))


CASES = [_case("between-two", 11, 4, 6), _case("on-one", 9, 3, 6), _case("before-the-first", 6, 5, 3)]
