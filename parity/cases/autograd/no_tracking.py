"""Ways not to record: the notes' wx + b, the two phases of training, a detached factor."""

from parity.case import DemoCase, array, values

_FACTS = {"tracked": True, "no_grad_tracked": False, "detached_tracked": False}  # printed by the notes


def _demo(function: str, name: str, printed=None, inputs=None, **config) -> DemoCase:
    return DemoCase(f"autograd.no_tracking:{function}", name, inputs=inputs, config=config, printed=printed or {}, backends=("tensorflow",))


CASES = [
    _demo("no_tracking", "notes", _FACTS, {"x": values([1.0] * 5), "w": array(5, 3), "b": array(3)}),
    _demo("no_tracking", "batch", _FACTS, {"x": array(4, 2), "w": array(2, 7), "b": array(7)}),
    _demo("no_tracking", "one", _FACTS, {"x": array(1), "w": array(1, 1), "b": array(1)}),
    _demo("phases", "train", {"tracked": True}, {"x": array(6, 3), "w": array(3, 2)}, phase="train"),
    _demo("phases", "val", {"tracked": False}, {"x": array(6, 3), "w": array(3, 2)}, phase="val"),
    _demo("detached_factor", "vector", inputs={"x": array(5, edges=(0.0, -1.0))}),
    _demo("detached_factor", "matrix", inputs={"x": array(2, 3, mean=100.0)}),
]
