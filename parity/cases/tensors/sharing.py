"""Who sees a write: from NumPy, to NumPy, between tensors; small and large enough for other kernels."""

from parity.case import DemoCase, array, values

_COPIES = "TensorFlow copies arrays into tensors; PyTorch shares the memory."
_SNAPSHOT = "What TensorFlow makes of a variable is a snapshot; PyTorch's views share the variable's memory. Use the variable again after a write."
_FROM = {"output:b": _COPIES, "fact:class_shares": _COPIES, "fact:from_numpy_shares": _COPIES, "fact:as_tensor_shares": _COPIES}
_TO = {"output:b": _COPIES, "fact:array_sees_tensor": _COPIES, "fact:tensor_sees_array": _COPIES}
_VIEWS = {f"fact:{name}_shares": _SNAPSHOT for name in ("view", "reshape", "transpose", "slice", "split", "unsqueeze", "expand", "detach")} | {
    "fact:view_of_transpose_*": "PyTorch's view refuses what would need a copy (reshape makes it); TensorFlow always copies."
}
_ONES = [[1.0] * 5]
_TWOS = {"a": [[2.0] * 5], "b": [[2.0] * 5]}  # the notes print both


def _demo(function: str, name: str, x, known, printed=None) -> DemoCase:
    return DemoCase(f"tensors.sharing:{function}", name, inputs={"x": x}, known=known, printed=printed or {}, backends=("tensorflow",))


CASES = [
    _demo("numpy_to_tensor", "notes", values(_ONES), {**_FROM, "printed:b (Keras)": _COPIES}, _TWOS),
    _demo("numpy_to_tensor", "large", array(64, 129), _FROM),
    _demo("tensor_to_numpy", "notes", values(_ONES), {**_TO, "printed:b (Keras)": _COPIES}, _TWOS),
    _demo("tensor_to_numpy", "large", array(64, 129), _TO),
    _demo("views", "small", array(3, 2), _VIEWS),
    _demo("views", "large", array(65, 128), _VIEWS),
]
