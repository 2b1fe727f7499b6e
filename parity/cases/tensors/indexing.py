"""Taking parts: repeated rows (gradients add up), negative steps, masks, rows added to and replaced, writes, indices out of range."""

from parity.case import Case, DemoCase, array, values

_ONES = [[1.0, 1.0, 1.0]] * 3
_ZEROS = [[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
_WRITE = {
    "output:slice": "PyTorch's slice is a view and shows the 5; TensorFlow's is a copy from before the write.",
    "fact:slice_write_seen": "PyTorch's slice is a view; TensorFlow's is a copy.",
}
_WORDS = {
    "fact:element_error": "Each framework has its own exception and words; both refuse.",
    "fact:select*_error": "Each framework has its own exception and words; both refuse.",
    "fact:negative_step_*": "PyTorch refuses a negative step (torch.flip instead); TensorFlow reverses.",
}


def _select(name: str, shape: tuple[int, int], rows: list[int], columns: list[list[int]]) -> Case:
    return Case("tensors.indexing:select", name, inputs={"x": array(*shape, edges=(0.0, 1.0, -1.0)), "rows": values(rows), "columns": values(columns)})


def _rows(function: str, name: str, n: int, d: int, rows: list[int]) -> Case:
    inputs = {"x": array(n, d), "rows": values(rows), "updates": array(len(rows), d)}
    return Case(f"tensors.indexing:{function}", name, inputs=inputs)


def _demo(function: str, name: str, x, printed=None, known=None, backends=("tensorflow",)) -> DemoCase:
    return DemoCase(f"tensors.indexing:{function}", name, inputs={"x": x}, printed=printed or {}, known=known or {}, backends=backends)


CASES = [
    _select("notes", (5, 5), [1, 3], [[0, 2], [4, 1], [3, 3], [0, 0], [2, 4]]),
    _select("repeated", (4, 3), [2, 2, 0, 2], [[1, 1, 1, 1], [0, 2, 0, 2], [2, 1, 0, 0], [1, 2, 1, 2]]),
    _select("tall", (7, 2), [6, 0], [[1], [0], [1], [1], [0], [0], [1]]),
    _rows("add_rows", "repeated", 5, 3, [3, 0, 3, 3]),
    _rows("add_rows", "once", 4, 2, [1]),
    _rows("set_rows", "two", 5, 3, [3, 0]),
    _rows("set_rows", "unsorted", 6, 2, [5, 1, 4, 0]),
    DemoCase("tensors.indexing:nonzero", "notes", inputs={"x": values(_ZEROS)}, printed={"indices": [[0, 1], [1, 2]]}),
    DemoCase("tensors.indexing:nonzero", "mixed", inputs={"x": values([[-1.0, 0.0], [0.0, 1e-30], [0.0, 0.0], [2.0, 3.0]])}),
    _demo("write_through", "notes", values(_ONES), {"after_write": [[1.0, 1.0, 1.0], [5.0, 1.0, 1.0], [1.0, 1.0, 1.0]]}, _WRITE),
    _demo("write_through", "wide", array(2, 6), known=_WRITE),
    _demo("out_of_range", "small", array(3, 2), known=_WORDS),
    _demo("out_of_range", "one-row", array(1, 4), known=_WORDS),
]
