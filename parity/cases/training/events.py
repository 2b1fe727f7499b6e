"""Two curves through event files, one of them with numbers that float32 cannot hold."""

from parity.case import DemoCase

CASES = [
    DemoCase(
        "training.events:observe_events", "two-curves", config={"curves": {"loss/train": [2.3, 1.7, 1e-30], "accuracy": [0.1, 0.625]}}, backends=("tensorflow",)
    ),
]
