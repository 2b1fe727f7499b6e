"""Types: defaults, every kind of promotion, numbers, integers, casts, labels, and what each side refuses."""

from itertools import combinations

from parity.case import DemoCase, array, labels, values

_TYPES = ("bool", "uint8", "int8", "int32", "int64", "float16", "bfloat16", "float32", "float64")
_PLUS = {"fact:plus_*": "TensorFlow's operators refuse two types; PyTorch promotes. Use keras.ops, or cast."}
_DEFAULTS = {
    "fact:integer": "A Python integer becomes int64 in PyTorch, int32 in Keras.",
    "fact:integers": "A Python integer becomes int64 in PyTorch, int32 in Keras.",
    "fact:floating": "A Python float follows PyTorch's default dtype; on Keras' TensorFlow backend it is float32 even under floatx float64.",
    "fact:floatings": "A Python float follows PyTorch's default dtype; on Keras' TensorFlow backend it is float32 even under floatx float64.",
}
_NUMBERS = {
    "fact:float32_plus_float64_number": "A tensor without axes does not widen PyTorch's float32; in Keras it does.",
    "fact:bare_int64_times_2.5_*": "TensorFlow refuses an integer tensor times a Python float; PyTorch promotes. Use keras.ops.",
}
_MEAN = {"fact:mean_of_integers_*": "torch.mean refuses integers; keras.ops.mean casts them."}
_LABELS = {"fact:labels_*": "PyTorch wants int64 labels; Keras takes any type."}
_LAYER = {"fact:float64_input_*": "PyTorch's layers refuse another float type; Keras' cast it to their own."}


def _integers(name: str, a: list[int], b: list[int], backends=("tensorflow", "jax", "torch")) -> DemoCase:
    return DemoCase("tensors.dtype:integers", name, inputs={"a": values(a), "b": values(b)}, known=_MEAN, backends=backends)


def _labels(name: str, n: int, c: int, dtype: str, known=_LABELS) -> DemoCase:
    return DemoCase("tensors.dtype:class_labels", name, inputs={"logits": array(n, c), "labels": labels(n, classes=c)}, config={"dtype": dtype}, known=known)


CASES = [
    DemoCase("tensors.dtype:defaults", known=_DEFAULTS, backends=("tensorflow",)),
    *[DemoCase("tensors.dtype:promotion", f"{left}-{right}", config={"left": left, "right": right}) for left, right in combinations(_TYPES, 2)],
    *[
        DemoCase("tensors.dtype:plus", f"{left}-{right}", config={"left": left, "right": right}, known=_PLUS, backends=("tensorflow",))
        for left, right in (("int32", "float32"), ("int32", "int64"), ("float32", "float64"), ("bool", "int32"))
    ],
    DemoCase("tensors.dtype:plus", "float32-float32", config={"left": "float32", "right": "float32"}),
    DemoCase("tensors.dtype:numbers", known=_NUMBERS, backends=("tensorflow",)),
    _integers("signs", [7, -7, 7, -7, 0, 6], [2, 2, -2, -2, 5, 3]),
    _integers("large", [2**40 + 1, -(2**33) - 1], [3, 7], backends=("tensorflow", "jax")),  # Keras' torch backend makes int32 of floor_divide
    DemoCase("tensors.dtype:cast", "edges", inputs={"x": values([-2.7, -1.0, -0.5, 0.0, 0.5, 1.7, 1e-8, 2049.0, 1.00390625, 300.5, -65000.0])}),
    _labels("int32", 4, 3, "int32"),
    _labels("int16", 5, 7, "int16"),
    _labels("int64", 3, 2, "int64", known={}),
    DemoCase("tensors.dtype:layer_input", known=_LAYER),
]
