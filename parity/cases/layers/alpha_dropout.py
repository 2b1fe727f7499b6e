"""Alpha dropout where nothing is left to chance: evaluation, and training that drops nothing; what is drawn is observed in `dropout_masks`."""

from parity.case import Case, array, image

CASES = [
    Case("layers.alpha_dropout:AlphaDropout", "eval", inputs={"input": array(3, 5)}),
    Case("layers.alpha_dropout:AlphaDropout", "train-none", config={"p": 0.0}, inputs={"input": array(3, 5)}, training=True),
    Case("layers.alpha_dropout:FeatureAlphaDropout", "eval", inputs={"input": image(2, 3, 4, 5)}),
    Case("layers.alpha_dropout:FeatureAlphaDropout", "train-none", config={"p": 0.0}, inputs={"input": image(2, 3, 4, 5)}, training=True),
]
