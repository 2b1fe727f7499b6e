"""Pickles, code in models, files cut off."""

from parity.case import DemoCase

_WHOLE = "A .keras file holds no pickle, so that a whole model is loaded; PyTorch's whole model is one, and is refused unless weights_only=False."

CASES = [DemoCase("saving.untrusted:observe_untrusted", known={"fact:whole_model_*": _WHOLE}, backends=("tensorflow",))]
