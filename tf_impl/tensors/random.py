r"""Seeds, generators, and how two frameworks' random numbers are compared.

The same seed gives the same numbers again in one framework, and other numbers in another: PyTorch's CPU generator is a Mersenne Twister, TensorFlow's Philox.
To compare what is computed, draw once (NumPy) and feed both; to compare what is drawn, test the two samples.

Kolmogorov and Smirnov: D is the largest distance of the two empirical distribution functions; D √(nm/(n+m)) exceeds √(−ln(α/2)/2) with probability α.

Shapes: samples (n,).

Differs from PyTorch:
    Other numbers for the same seed. `keras.random.normal(shape, seed=3)` with an *integer* draws the same numbers at every call; a `SeedGenerator` advances.
    `keras.utils.set_random_seed` seeds Python's, NumPy's and the backend's generators; `torch.manual_seed` only PyTorch's.

Source: the notes, "取随机矩阵"; Keras' documentation, `SeedGenerator`; Kolmogorov 1933, Smirnov 1948.
"""

import math

import keras
import numpy as np
from keras import ops

from tf_impl.typing import Tensor

_FALSE_ALARM = 1e-9


def seeds(seed: int) -> dict[str, bool | list[float]]:
    """What a seed promises: the same numbers again, and nothing about another framework's."""
    keras.utils.set_random_seed(seed)
    first, second = _uniform(5), _uniform(5)
    keras.utils.set_random_seed(seed)
    again = _uniform(5)
    own = keras.random.SeedGenerator(seed)
    drawn = _uniform(5, own)
    _uniform(3, own)
    continued = _uniform(5)  # the global generator, after `again`
    return {
        "seed_repeats": np.array_equal(first, again),
        "draws_differ": not np.array_equal(first, second),
        "own_generator_repeats": np.array_equal(drawn, _uniform(5, keras.random.SeedGenerator(seed))),
        "own_generator_leaves_the_global_one": np.array_equal(continued, second),
        "first_numbers": [round(number, 4) for number in first.tolist()],
    }


def fed(rows: int, columns: int, seed: int) -> dict[str, Tensor]:
    """The same numbers on both sides: drawn by NumPy, made into tensors."""
    rng = np.random.default_rng(seed)
    return {
        "normal": ops.convert_to_tensor(rng.standard_normal((rows, columns)), keras.config.floatx()),
        "uniform": ops.convert_to_tensor(rng.random((rows, columns)), keras.config.floatx()),
        "permutation": ops.convert_to_tensor(rng.permutation(rows * columns)),
    }


def two_samples(n: int, seed: int) -> dict[str, bool]:
    """This framework's draws against NumPy's, and against those of a wrong distribution, which must be found out."""
    generator = keras.random.SeedGenerator(seed)
    rng = np.random.default_rng(seed)
    normal, uniform = np.array(keras.random.normal((n,), seed=generator)), _uniform(n, generator)
    integers = np.array(keras.random.randint((n,), 0, 10, seed=generator)) + _uniform(n, generator)  # ties are spread out
    order = np.array(ops.argsort(keras.random.uniform((n // 10, 7), seed=generator), axis=1))
    first_places = order[:, 0] + rng.random(n // 10)
    return {
        "normal_alike": _alike(normal, rng.standard_normal(n)),
        "uniform_alike": _alike(uniform, rng.random(n)),
        "integers_alike": _alike(integers, rng.integers(0, 10, n) + rng.random(n)),
        "permutations_alike": _alike(first_places, rng.integers(0, 7, n // 10) + rng.random(n // 10)),
        "wider_by_a_third_alike": _alike(1.33 * normal, rng.standard_normal(n)),
        "uniform_and_normal_alike": _alike(uniform, rng.standard_normal(n)),
    }


def _uniform(n: int, seed: keras.random.SeedGenerator | None = None) -> np.ndarray:
    return np.array(keras.random.uniform((n,), seed=seed))


def _alike(a: np.ndarray, b: np.ndarray) -> bool:
    """Kolmogorov and Smirnov's test; wrong about equal distributions once in 1 / _FALSE_ALARM."""
    places = np.concatenate([a, b])
    apart = np.abs(np.searchsorted(np.sort(a), places, "right") / len(a) - np.searchsorted(np.sort(b), places, "right") / len(b)).max()
    return bool(apart * math.sqrt(len(a) * len(b) / (len(a) + len(b))) < math.sqrt(-math.log(_FALSE_ALARM / 2) / 2))
