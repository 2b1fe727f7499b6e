"""±1/√d: the variance of the outputs with and without bias, for few inputs and many, against the notes' 1/3."""

from parity.case import DemoCase, array, uniform


def _case(d: int, n: int) -> DemoCase:
    inputs = {"x": array(n, d), "weight": uniform(n, d, low=-1.0), "bias": uniform(n, low=-1.0)}
    printed = {"without_bias": 1 / 3, "with_bias": 1 / 3 + 1 / (3 * d)}
    return DemoCase("initializers.one_over_root:outputs", f"inputs-{d}", inputs=inputs, printed=printed, decimals=2)


CASES = [_case(d, n) for d, n in ((1, 200_000), (2, 200_000), (4, 100_000), (16, 100_000), (100, 30_000))]
