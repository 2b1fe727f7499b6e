"""Networks of the notes that do not run, and the mended ones."""

from parity.case import DemoCase, array, image

_WORDS = {"fact:*_error": "Each framework has its own exception and words; both refuse."}
_INTEGERS = _WORDS | {"fact:integers_raised": "PyTorch's Linear refuses integers, Keras casts them."}
_SINGLE = {"fact:single_image_*": "PyTorch's convolutions take one image by now; Keras' own want a batch (the twins do not)."}

CASES = [
    DemoCase("errata.networks:double_conv", "notes", known=_WORDS, backends=("tensorflow",)),
    DemoCase("errata.networks:networks", "thirty-two", inputs={"image": image(2, 3, 32, 30)}, known=_WORDS, backends=("tensorflow",)),
    DemoCase("errata.networks:prediction_at_four", "notes", known=_INTEGERS, backends=("tensorflow",)),
    DemoCase("errata.networks:mini_batches", "image", inputs={"image": image(1, 3, 6, 7)}, known=_SINGLE, backends=("tensorflow",)),
    DemoCase("errata.networks:pyramid_resolution", "image", inputs={"image": image(1, 3, 64, 48)}, backends=("tensorflow",)),
    DemoCase("errata.networks:evaluation", "four", inputs={"x": array(4, 3)}, backends=("tensorflow",)),
]
