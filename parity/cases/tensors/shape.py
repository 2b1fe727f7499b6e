"""Shapes: three unequal axes, axes of size 1, the notes' writes, what does not fit, numbers out of tensors."""

from parity.case import Case, DemoCase, array, values

_SHARED = "PyTorch's view and reshape share the memory; what TensorFlow makes of a variable is a copy."
_SHARES = {"output:after_write_through_reshape": _SHARED, "output:after_write_through_view": _SHARED}
_WORDS = {
    "fact:*_error": "Each framework has its own exception and words.",
    "fact:squeeze_of_two_raised": "PyTorch leaves an axis that is not of size 1 as it is; Keras refuses.",
}
_ITEM = {"fact:*_of_several_error": "Each framework has its own exception and words; both refuse."}
_ORDER = {"fact:transposed": "`x.mT` exchanges the last two axes, `ops.transpose(x)` reverses them all."}


def _reshaped(name: str, *shape: int) -> Case:
    return Case("tensors.shape:reshaped", name, inputs={"x": array(*shape)})


CASES = [
    _reshaped("unequal", 2, 3, 4),
    _reshaped("ones", 1, 5, 1),
    _reshaped("one", 1, 1, 1),
    DemoCase("tensors.shape:described", "notes", inputs={"x": array(4, 4)}, printed={"size": [4, 4], "view_16": [16], "view_minus_1_8": [2, 8]}),
    DemoCase("tensors.shape:described", "cube", inputs={"x": array(2, 4, 2)}),
    DemoCase("tensors.shape:items", "three", inputs={"x": values([0.5, -2.0, 3.0])}, known=_ITEM),
    DemoCase("tensors.shape:misfits", "six", inputs={"x": array(6)}, known=_WORDS, backends=("tensorflow",)),
    DemoCase("tensors.shape:default_order", "unequal", inputs={"x": array(2, 3, 4)}, known=_ORDER),
    DemoCase(
        "tensors.shape:reshape_shares",
        "notes",
        inputs={"x": values([float(i) for i in range(12)])},
        printed={"after_write_to_clone": list(range(12))},
        known=_SHARES,
        backends=("tensorflow",),
    ),
]
