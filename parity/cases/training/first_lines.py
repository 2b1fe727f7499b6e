"""Line and pass, with the notes' steps and learning rate."""

from parity.case import DemoCase, values

_X = values([[1.0], [2.0], [3.0]])
_LINE, _PASS = values([[2.0], [4.0], [6.0]]), values([[0.0], [0.0], [1.0]])


def _fit(name: str, kind: str, y, steps: int, printed=None) -> DemoCase:
    config = {"kind": kind, "steps": steps, "lr": 0.01}
    return DemoCase("training.first_lines:fit", name, inputs={"x": _X, "y": y}, config=config, printed=printed or {}, decimals=2, backends=("tensorflow",))


CASES = [
    _fit("line", "line", _LINE, 2000, {"w": 2.0, "b": 0.0, "prediction": 8.0}),
    _fit("pass", "pass", _PASS, 1200),
    _fit("pass-1500", "pass", _PASS, 1500),
]
