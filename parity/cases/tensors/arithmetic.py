"""Arithmetic and in-place writes: the notes' [2, 3] + [2, 9], far scales, division by small numbers, ids."""

from parity.case import Case, DemoCase, array, uniform, values

_IN_PLACE = {
    "fact:plus_equals_keeps_object": "`x += y` writes into PyTorch's tensor; TensorFlow binds the name to a new one.",
    "fact:variable_plus_equals_*": "`+=` on a tf.Variable raises and names assign_add; on a torch parameter it writes in place.",
}
_OVERWRITTEN = {"fact:backward_after_write_*": "PyTorch notices that a saved value was overwritten and refuses; a tape has kept the value."}


def _arithmetic(name: str, n: int, d: int, m: int, **draws) -> Case:
    inputs = {"x": array(n, d), "y": array(n, d), "b": array(m, d), **draws}
    return Case("tensors.arithmetic:arithmetic", name, inputs=inputs)


def _in_place(name: str, x, y, printed=None) -> DemoCase:
    return DemoCase("tensors.arithmetic:in_place", name, inputs={"x": x, "y": y}, printed=printed or {}, known=_IN_PLACE, backends=("tensorflow",))


def _overwritten(name: str, x) -> DemoCase:
    return DemoCase("tensors.arithmetic:overwritten", name, inputs={"x": x}, known=_OVERWRITTEN, backends=("tensorflow",))


CASES = [
    _arithmetic("small", 2, 3, 4),
    _arithmetic("wide", 3, 17, 2),
    _arithmetic("one", 1, 1, 1),
    _arithmetic("small-divisors", 4, 5, 3, y=uniform(4, 5, low=1e-4, high=1e-3)),
    _arithmetic("far", 2, 4, 3, x=array(2, 4, mean=1e5), y=array(2, 4, mean=-1e5)),
    _in_place("notes", values([2, 3]), values([2, 9]), {"added_in_place": [4, 12], "out": [4, 12]}),
    _in_place("floats", array(5, 3), array(5, 3)),
    _in_place("number", values(1.5), values(-0.25)),
    _overwritten("vector", array(4)),
    _overwritten("matrix", array(2, 3)),
]
