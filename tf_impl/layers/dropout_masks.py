"""What the masks of the dropout twins look like, seen from outside."""

from jaxtyping import Float
from keras import ops

from tf_impl.layers.alpha_dropout import AlphaDropout, FeatureAlphaDropout
from tf_impl.layers.dropout import Dropout, Dropout2d
from tf_impl.typing import Tensor


def observe_dropout(x: Float[Tensor, "n h w c"], p: float) -> dict[str, bool | list[str]]:
    """For each layer: the values that ones become, whether a channel goes as a whole, whether the share dropped is p within 5 standard deviations,
    whether two calls draw anew, and whether evaluation is the identity.

    Differs from PyTorch:
        The drawn numbers, under the same seed too. None of what is observed here.

    Source: Srivastava et al. 2014; Tompson et al. 2015, arXiv:1411.4280; Klambauer et al. 2017, arXiv:1706.02515.
    """
    seen: dict[str, bool | list[str]] = {}
    for kind in (Dropout, Dropout2d, AlphaDropout, FeatureAlphaDropout):
        name, layer = kind.__name__, kind(p)
        ones = ops.ones_like(x)
        first, second = (ops.convert_to_numpy(layer(ones, training=True)) for _ in range(2))
        values = sorted({f"{value:.4f}" for value in first.reshape(-1).tolist()}, key=float)
        dropped = abs(first - float(values[0])) < 1e-3
        draws = dropped.all(axis=(1, 2)).size if "2d" in name or "Feature" in name else dropped.size
        seen[f"{name} values"] = values
        seen[f"{name} whole channels"] = bool((dropped.all(axis=(1, 2)) | ~dropped.any(axis=(1, 2))).all())
        seen[f"{name} share is p"] = bool(abs(dropped.mean() - p) <= 5 * (p * (1 - p) / draws) ** 0.5)
        seen[f"{name} draws anew"] = bool((first != second).any())
        seen[f"{name} evaluates to the input"] = bool((ops.convert_to_numpy(layer(x, training=False)) == ops.convert_to_numpy(x)).all())
    return seen
