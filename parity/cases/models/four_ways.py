"""One network built in four ways: the same scores and gradients from differently named parameters."""

from parity.case import Case, image

CASES = [
    Case(f"models.four_ways:{way}", inputs={"x": image(2, 3, 6, 6)}, training=True, steps=2) for way in ("Attributes", "InSequence", "StepByStep", "Named")
]
