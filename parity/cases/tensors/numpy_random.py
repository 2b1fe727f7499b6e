"""NumPy's draws fed to both, who changes in place, choosing without replacement."""

from parity.case import DemoCase, array

_COPIES = "PyTorch's tensor shares its memory with what is made of it; TensorFlow copies."
_IN_PLACE = {
    "fact:ravel_shares": _COPIES,
    "fact:flatten_shares": _COPIES,
    "fact:resize_changes": "PyTorch has resize_; a tf.Variable refuses a value of another shape.",
}


def _drawn(name: str, rows: int, columns: int, seed: int) -> DemoCase:
    return DemoCase("tensors.numpy_random:numpy_draws", name, config={"rows": rows, "columns": columns, "seed": seed}, backends=("tensorflow",))


def _chosen(name: str, n: int, count: int) -> DemoCase:
    return DemoCase("tensors.numpy_random:without_replacement", name, config={"n": n, "count": count, "seed": 3}, backends=("tensorflow",))


CASES = [
    _drawn("notes", 5, 5, 0),
    _drawn("unequal", 3, 7, 11),
    DemoCase("tensors.numpy_random:changed_in_place", "unequal", inputs={"x": array(2, 3)}, known=_IN_PLACE, backends=("tensorflow",)),
    _chosen("some", 50, 7),
    _chosen("all", 4, 4),
]
