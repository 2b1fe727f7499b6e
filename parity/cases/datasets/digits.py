"""The digits: a batch of one, of several."""

from parity.case import DemoCase

CASES = [DemoCase("datasets.digits:first_batch", f"of-{n}", config={"batch_size": n}, backends=("tensorflow",)) for n in (1, 13)]
