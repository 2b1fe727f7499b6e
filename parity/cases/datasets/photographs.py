"""Two photographs, decoded."""

from parity.case import DemoCase

_FAST = {"output:middle_by_default": "tf.io.decode_jpeg takes libjpeg's fast transform by default: say dct_method='INTEGER_ACCURATE'."}

CASES = [DemoCase("datasets.photographs:decoded", name, config={"name": name}, known=_FAST, backends=("tensorflow",)) for name in ("china", "flower")]
