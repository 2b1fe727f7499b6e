"""Softmax over very many classes, the rare ones in clusters, with PyTorch's arguments and weights."""

from collections import namedtuple
from collections.abc import Iterator, Sequence

import keras
from jaxtyping import Float, Integer
from keras import ops

from tf_impl.layers._twin import Twin, check_channels, check_range
from tf_impl.layers.container import ModuleList, Sequential
from tf_impl.layers.linear import Linear
from tf_impl.typing import Tensor

_register = keras.saving.register_keras_serializable(package="tf_impl")
_Output = namedtuple("_Output", ["output", "loss"])


@_register
class AdaptiveLogSoftmaxWithLoss(Twin):
    r"""The log-probability of each example's class: that of a frequent class itself, or of its cluster and of the class within it.

    $$ \log p(y \mid x) = \begin{cases} \log\mathrm{softmax}(H x)_y & y < c_0 \\
       \log\mathrm{softmax}(H x)_{c_0 + k} + \log\mathrm{softmax}(B_k A_k x)_{y - c_k} & c_k \le y < c_{k+1} \end{cases}
       \qquad \mathrm{loss} = -\frac{1}{N} \sum_n \log p(y_n \mid x_n) $$

    Args:
        in_features: features of x.
        n_classes: classes, sorted by frequency, the most frequent first.
        cutoffs: c₀ < c₁ < …, the first class of each cluster.
        div_value: d; A_k has in_features / d^(k+1) outputs, so that rarer classes have smaller vectors.
        head_bias: add a bias to H x.

    Also `log_prob(input)`, of all classes, and `predict(input)`, the likeliest.

    Shapes:
        input (N, in_features) or (in_features,), target (N,) or () labels; output (N,) or (), loss (). `log_prob` (N, n_classes), `predict` (N,).
        Weights: `head` a Linear to c₀ + clusters, `tail.k.0` A_k and `tail.k.1` B_k Linears without bias.

    Raises:
        ValueError: cutoffs that are not integers ascending within 1 … n_classes − 1, a cluster left without features by `div_value`, an input or a target
            of another shape, a label that is no class (where its value is known: not inside a compiled function).

    Differs from PyTorch:
        Keras has no such layer. PyTorch runs a cluster on the examples whose labels lie in it; here every cluster runs on all examples, so that a graph
        has fixed shapes, and the loss and all gradients are the same. PyTorch allows clusters without features, which are uniform.

    Source: Grave et al. 2017, arXiv:1609.04309.
    """

    def __init__(self, in_features: int, n_classes: int, cutoffs: Sequence[int], div_value: float = 4.0, head_bias: bool = False, **kwargs) -> None:
        super().__init__(**kwargs)
        cutoffs = list(cutoffs)
        if not cutoffs or any(int(c) != c for c in cutoffs) or sorted(set(cutoffs)) != cutoffs or not 1 <= cutoffs[0] <= cutoffs[-1] < n_classes:
            raise ValueError(f"cutoffs must be integers that ascend within 1 … n_classes − 1 = {n_classes - 1}, at least one of them, got {cutoffs}")
        sizes = [int(in_features // div_value ** (k + 1)) for k in range(len(cutoffs))]
        if min(sizes) < 1:
            raise ValueError(f"div_value={div_value} leaves {sizes} of in_features={in_features} for the clusters: each needs one")
        self.in_features, self.n_classes, self.div_value, self.head_bias = in_features, n_classes, div_value, head_bias
        self.cutoffs = [*map(int, cutoffs), n_classes]
        self.shortlist_size, self.n_clusters = self.cutoffs[0], len(cutoffs)
        policy = {"dtype": self.dtype_policy}
        self.head = Linear(in_features, self.shortlist_size + self.n_clusters, head_bias, **policy)
        self.tail = ModuleList(
            Sequential(Linear(in_features, size, False, **policy), Linear(size, stop - start, False, **policy), **policy)
            for size, (start, stop) in zip(sizes, self._spans(), strict=True)
        )
        self.built = True

    def call(self, input_: Float[Tensor, "*n i"], target_: Integer[Tensor, "*n"]) -> tuple[Float[Tensor, "*n"], Float[Tensor, ""]]:
        batches = [*input_.shape[:-1], *target_.shape]
        if len(input_.shape) not in (1, 2) or len(target_.shape) != len(input_.shape) - 1 or len({*batches} - {None}) > 1:
            raise ValueError(f"input must be (N, in_features) with a target (N,), or (in_features,) with (), got {tuple(input_.shape)}, {tuple(target_.shape)}")
        check_channels(self, input_, "in_features", self.in_features)
        check_range(target_, self.n_classes, type(self).__name__)
        head = ops.log_softmax(self.head(input_), axis=-1)
        place = ops.minimum(target_, self.shortlist_size - 1)  # in the head: the class, or its cluster
        within = ops.zeros_like(head[..., 0])
        for k, (start, stop) in enumerate(self._spans()):
            here = ops.logical_and(target_ >= start, target_ < stop)
            place = ops.where(here, self.shortlist_size + k, place)
            cluster = ops.log_softmax(self.tail[k](input_), axis=-1)
            within = within + ops.where(here, _picked(cluster, ops.clip(target_ - start, 0, stop - start - 1)), 0.0)
        output = _picked(head, place) + within
        return _Output(output, -ops.mean(output))

    def log_prob(self, input: Float[Tensor, "n i"]) -> Float[Tensor, "n classes"]:
        """Of every class."""
        head = ops.log_softmax(self.head(input), axis=-1)
        clusters = [ops.log_softmax(tail(input), axis=-1) + head[:, self.shortlist_size + k, None] for k, tail in enumerate(self.tail)]
        return ops.concatenate([head[:, : self.shortlist_size], *clusters], axis=-1)

    def predict(self, input: Float[Tensor, "n i"]) -> Integer[Tensor, " n"]:
        """The likeliest class. A shortlisted class that the head puts first is likelier than every class of a cluster."""
        return ops.argmax(self.log_prob(input), axis=-1)

    def _spans(self) -> Iterator[tuple[int, int]]:
        return zip(self.cutoffs[:-1], self.cutoffs[1:], strict=True)


@_register
class AdaptiveLogSoftmax(AdaptiveLogSoftmaxWithLoss):
    """Without labels: what `AdaptiveLogSoftmaxWithLoss` says of an input.

    Args:
        as `AdaptiveLogSoftmaxWithLoss`.

    Shapes:
        input (N, in_features); output: the log-probabilities (N, n_classes), and the likeliest classes (N,).

    Differs from PyTorch: as `AdaptiveLogSoftmaxWithLoss`.

    Source: Grave et al. 2017, arXiv:1609.04309.
    """

    def call(self, input: Float[Tensor, "n i"]) -> tuple[Float[Tensor, "n classes"], Integer[Tensor, " n"]]:
        return self.log_prob(input), self.predict(input)


def _picked(values: Tensor, place: Tensor) -> Tensor:
    return ops.take_along_axis(values, ops.expand_dims(place, -1), axis=-1)[..., 0]
