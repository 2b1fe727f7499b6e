"""Making tensors: unequal sides, one element; ranges that end on, before and behind a step; random draws."""

from parity.case import DemoCase, array

_INT32 = {"fact:tensor_of_1_dtype": "A Python integer becomes int64 in PyTorch, int32 in Keras: cast labels and large indices."}


def _filled(name: str, rows: int, columns: int, like, printed=None) -> DemoCase:
    config = {"rows": rows, "columns": columns}
    return DemoCase("tensors.creation:filled", name, inputs={"like": like}, config=config, printed=printed or {})


def _ranges(name: str, start: float, end: float, step: float, steps: int) -> DemoCase:
    return DemoCase("tensors.creation:ranges", name, config={"start": start, "end": end, "step": step, "steps": steps})


def _drawn(name: str, rows: int, columns: int, seed: int) -> DemoCase:
    return DemoCase("tensors.creation:drawn", name, config={"rows": rows, "columns": columns, "seed": seed})


CASES = [
    _filled("notes", 5, 3, array(5, 3), {"zeros_long": [[0, 0, 0]] * 5, "from_data": [5.5, 3.0], "new_ones": [[1.0, 1.0, 1.0]] * 5}),
    _filled("wide", 2, 7, array(2, 3, 4)),
    _filled("one", 1, 1, array(1)),
    _ranges("tenths", 0.0, 1.0, 0.1, 11),  # 0.1 is no binary number: is 1.0 in or out?
    _ranges("uneven", 1.0, 10.0, 2.5, 7),
    _ranges("downwards", 3.0, -2.0, -0.75, 5),
    _ranges("one-step", -1.0, 1.0, 5.0, 1),
    _ranges("far", 1e6, 1e6 + 1.0, 0.125, 33),
    _drawn("notes", 3, 4, 0),
    _drawn("many", 100, 37, 7),
    DemoCase("tensors.creation:constructors", known=_INT32),
]
