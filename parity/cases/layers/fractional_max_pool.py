"""Fractional maximum pooling with given samples: sizes and ratios, unequal windows, one window, every window, equal values, indices."""

from parity.case import Case, image, uniform, values

EQUAL = values([[[[1.0, 1.0, 0.0, 0.0, 1.0]] * 5, [[2.0] * 5] * 5]], layout="channels_last")


def _case(name: str, input, samples, *, axes: int = 2, gradients: bool = True, **config) -> Case:
    return Case(
        f"layers.fractional_max_pool:FractionalMaxPool{axes}d",
        name,
        config={"kernel_size": 2, "_random_samples": samples, **config},
        inputs={"input": input},
        weights={"_random_samples": samples},
        gradients=gradients,
    )


CASES = [
    _case("size", image(2, 3, 9, 11), uniform(2, 3, 2), output_size=(4, 5)),
    _case("ratio", image(2, 3, 9, 11), uniform(2, 3, 2), output_ratio=(0.5, 0.7)),
    _case("one-number", image(2, 3, 9, 11), uniform(2, 3, 2), kernel_size=3, output_size=6),
    _case("unequal-windows", image(2, 2, 8, 13), uniform(2, 2, 2), kernel_size=(2, 4), output_size=(5, 3)),
    _case("indices", image(2, 3, 9, 11), uniform(2, 3, 2), output_size=(4, 5), return_indices=True),
    _case("equal-values", EQUAL, uniform(1, 2, 2), output_size=3, return_indices=True),
    _case("one-window", image(2, 3, 5, 7), uniform(2, 3, 2), output_size=1),
    _case("every-place", image(2, 3, 5, 7), uniform(2, 3, 2), output_size=(4, 6)),
    _case("windows-of-one", image(2, 3, 5, 7), uniform(2, 3, 2), kernel_size=1, output_size=(3, 4)),
    _case("first-samples", image(1, 1, 9, 11), values([[[0.0, 0.0]]]), output_size=(5, 7)),
    _case("last-samples", image(1, 1, 9, 11), values([[[0.99999, 0.99999]]]), output_size=(5, 7)),
    _case("unbatched", image(3, 9, 11, batched=False), uniform(1, 3, 2), output_size=(4, 5), return_indices=True),
    _case("volume", image(2, 2, 5, 7, 6), uniform(2, 2, 3), axes=3, output_size=(3, 4, 2)),
    _case("volume-ratio", image(2, 2, 5, 7, 6), uniform(2, 2, 3), axes=3, kernel_size=(1, 3, 2), output_ratio=(0.5, 0.6, 0.7), return_indices=True),
    _case("volume-unbatched", image(2, 5, 7, 6, batched=False), uniform(1, 2, 3), axes=3, output_size=2),
]
