"""Joining and splitting: vectors to four axes, uneven chunks, an even and an odd length; values, gradients, refusals."""

from parity.case import Case, DemoCase, array, values

_WORDS = {"fact:*_error": "Each framework has its own exception and words; both refuse."}
_SIZES = {
    "fact:split": "torch.split takes the size of the pieces, keras.ops.split and tf.split their number.",
    "fact:repeat": "torch.Tensor.repeat is keras.ops.tile; keras.ops.repeat is torch.repeat_interleave.",
}


def _join(name: str, *shape: int) -> Case:
    return Case("tensors.join_and_split:join", name, inputs={"x": array(*shape), "y": array(*shape)})


def _uneven(name: str, x: tuple[int, ...], y: tuple[int, ...]) -> DemoCase:
    return DemoCase("tensors.join_and_split:uneven", name, inputs={"x": array(*x), "y": array(*y)}, known=_WORDS, backends=("tensorflow", "jax"))


CASES = [
    DemoCase("tensors.join_and_split:join", "integers", inputs={"x": values([[1, 2], [3, 4]]), "y": values([[5, 6], [7, 8]])}),
    _join("vectors", 3),
    _join("matrices", 2, 3),
    _join("cubes", 2, 3, 4),
    _join("images", 1, 2, 5, 3),
    Case("tensors.join_and_split:split", "ten", inputs={"x": array(10, 1)}),
    Case("tensors.join_and_split:split", "matrix", inputs={"x": array(6, 3)}),
    Case("tensors.join_and_split:split", "cube", inputs={"x": array(14, 2, 3)}),
    _uneven("columns", (2, 3), (2, 4)),
    _uneven("axes", (2, 3), (2, 3, 1)),
    DemoCase("tensors.join_and_split:sizes", "twelve-by-three", inputs={"x": array(12)}, config={"number": 3}, known=_SIZES),
    DemoCase("tensors.join_and_split:sizes", "ten-by-two", inputs={"x": array(10)}, config={"number": 2}, known=_SIZES),
]
