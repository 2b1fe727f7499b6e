"""float64 runs of TensorFlow code that says float32: constants, casts, and kernels that know no float64.

A port's own code often names its precision (`tf.cast(mask, tf.float32)`, `tf.constant(-1e9)`), and TensorFlow refuses to join what it makes with float64.
Here float32 that meets float64 becomes float64, as torch's `.float()` does in the other side's float64 run. Where TensorFlow 2.21 has only a float32 kernel,
the same formula is computed in float64: the maximum over volumes (`MaxPool3D`, whose gradient goes to all maxima of a window that are equal: 8 of 8 zeros,
torch's to the first), and bilinear resizing, which answers float32 whatever it is given.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

# inputs of kernels that are float32 beside any other type
_NARROW = {"ImageProjectiveTransformV2": (1,), "ImageProjectiveTransformV3": (1,), "CropAndResize": (1,), "ScaleAndTranslate": (2, 3)}
_NARROW_NAMES = {"transforms", "boxes", "scale", "translation"}
_MIXED = frozenset(
    ["Cast", "IdentityN", "If", "StatelessIf", "While", "StatelessWhile", "Case", "PartitionedCall", "StatefulPartitionedCall", "PyFunc", "EagerPyFunc"]
)


@contextlib.contextmanager
def widened() -> Iterator[None]:
    """While it lasts, TensorFlow computes in float64 what would join float32 with it."""
    import tensorflow as tf
    from tensorflow.python import pywrap_tfe
    from tensorflow.python.framework import op_def_library
    from tensorflow.python.ops import gen_image_ops, gen_nn_ops

    execute, helper = pywrap_tfe.TFE_Py_FastPathExecute, op_def_library._apply_op_helper
    pooled, resized = gen_nn_ops.max_pool3d, gen_image_ops.resize_bilinear
    narrow, wide = tf.float32, tf.float64

    def known(value: Any) -> Any:
        return getattr(value, "dtype", None) if tf.is_tensor(value) or isinstance(value, tf.Variable) else None

    def meets(values: list[Any]) -> bool:
        """Whether float32 and float64 are joined."""
        kinds = {known(v) for value in values for v in (value if isinstance(value, (list, tuple)) else (value,))}
        return narrow in kinds and wide in kinds

    def widen(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [widen(v) for v in value]
        return tf.cast(value, wide) if known(value) == narrow else value

    def eagerly(context: Any, kind: str, name: Any, *rest: Any) -> Any:
        if kind == "Cast":
            rest = tuple(wide if isinstance(value, tf.DType) and value == narrow else value for value in rest)
        elif kind in _NARROW:
            rest = tuple(_as(value, narrow) if place in _NARROW[kind] else value for place, value in enumerate(rest))
        elif kind not in _MIXED and meets(list(rest)):
            rest = tuple(widen(value) for value in rest)
        return execute(context, kind, name, *rest)

    def in_graph(kind: str, name: Any = None, **words: Any) -> Any:
        if kind == "Cast":
            words["DstT"] = wide if tf.as_dtype(words["DstT"]) == narrow else words["DstT"]
        elif kind in _NARROW:
            words = {word: _as(value, narrow) if word in _NARROW_NAMES else value for word, value in words.items()}
        elif kind not in _MIXED and meets(list(words.values())):
            words = {word: widen(value) for word, value in words.items()}
        return helper(kind, name, **words)

    def max_pool3d(input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any = "NDHWC", name: Any = None) -> Any:
        plain = data_format in (None, "NDHWC", b"NDHWC") and known(input) == wide and None not in input.shape
        return _max_pool3d(input, ksize, strides, padding) if plain else pooled(input, ksize, strides, padding, data_format, name=name)

    def resize_bilinear(images: Any, size: Any, align_corners: bool = False, half_pixel_centers: bool = False, name: Any = None) -> Any:
        sizes = tf.get_static_value(size) if known(images) == wide and None not in images.shape else None
        if sizes is None:
            return resized(images, size, align_corners=align_corners, half_pixel_centers=half_pixel_centers, name=name)
        for axis, length in enumerate(int(n) for n in sizes):
            images = _linear(images, axis + 1, length, align_corners, half_pixel_centers)
        return images

    pywrap_tfe.TFE_Py_FastPathExecute, op_def_library._apply_op_helper = eagerly, in_graph
    gen_nn_ops.max_pool3d, gen_image_ops.resize_bilinear = max_pool3d, resize_bilinear
    tf.float32 = tf.dtypes.float32 = wide
    try:
        yield
    finally:
        pywrap_tfe.TFE_Py_FastPathExecute, op_def_library._apply_op_helper = execute, helper
        gen_nn_ops.max_pool3d, gen_image_ops.resize_bilinear = pooled, resized
        tf.float32 = tf.dtypes.float32 = narrow


def _as(value: Any, dtype: Any) -> Any:
    """A tensor in a type that `tf.cast` cannot be asked for here."""
    from tensorflow.python.framework import ops

    return ops.convert_to_tensor(value.numpy().astype(dtype.as_numpy_dtype)) if hasattr(value, "numpy") else value


def _max_pool3d(x: Any, ksize: Any, strides: Any, padding: str) -> Any:
    """The largest of each window; its gradient goes to each element that is the largest, as that of TensorFlow's kernel."""
    import itertools

    import numpy as np
    import tensorflow as tf

    window, step = list(ksize)[1:4], list(strides)[1:4]
    same = padding in ("SAME", b"SAME")
    lengths = [-(-n // s) if same else (n - w) // s + 1 for n, w, s in zip(x.shape[1:4], window, step, strict=True)]
    lacking = [max((o - 1) * s + w - n, 0) for n, w, s, o in zip(x.shape[1:4], window, step, lengths, strict=True)]
    pads = [(0, 0), *[(lack // 2, lack - lack // 2) for lack in lacking], (0, 0)]
    padded = tf.pad(x, pads, constant_values=-np.inf)

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def pooled(values: Any) -> tuple[Any, Any]:
        places = list(itertools.product(*map(range, window)))

        def taken(place: tuple[int, ...]) -> Any:
            ends = [p + (n - 1) * s + 1 for p, n, s in zip(place, lengths, step, strict=True)]
            (a, b, c), (d, e, f), (g, h, i) = place, ends, step
            return values[:, a:d:g, b:e:h, c:f:i, :]

        largest = taken(places[0])
        for place in places[1:]:
            largest = tf.maximum(largest, taken(place))

        def backward(cotangent: Any) -> Any:
            total = tf.zeros_like(values)
            for place in places:
                part = tf.where(taken(place) == largest, cotangent, tf.zeros_like(cotangent))
                for axis in range(3):
                    part = _spread(part, axis + 1, place[axis], step[axis], values.shape[axis + 1])
                total += part
            return total

        return largest, backward

    return pooled(padded)


def _spread(part: Any, axis: int, first: int, step: int, length: int) -> Any:
    """Slices put back at every step-th place of an axis, zeros between."""
    import numpy as np
    import tensorflow as tf

    table = np.full(length, part.shape[axis])
    table[first : first + (part.shape[axis] - 1) * step + 1 : step] = np.arange(part.shape[axis])
    return tf.gather(tf.concat([part, tf.zeros_like(tf.gather(part, [0], axis=axis))], axis), table, axis=axis)


def _linear(x: Any, axis: int, length: int, align_corners: bool, half_pixel_centers: bool) -> Any:
    """Linear interpolation along an axis, with TensorFlow's three ways of counting pixels."""
    import numpy as np
    import tensorflow as tf

    own = x.shape[axis]
    scale = (own - 1) / (length - 1) if align_corners and length > 1 else own / length
    places = (np.arange(length) + 0.5) * scale - 0.5 if half_pixel_centers else np.arange(length) * scale
    floor = np.floor(places)
    low, high = np.maximum(floor, 0).astype(int), np.minimum(np.ceil(places), own - 1).astype(int)
    shape = [1] * len(x.shape)
    shape[axis] = length
    share = tf.constant((places - floor).reshape(shape), tf.float64)
    low_values = tf.gather(x, low, axis=axis)
    return low_values + (tf.gather(x, high, axis=axis) - low_values) * share
