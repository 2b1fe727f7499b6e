"""Names: each of the notes' tried on both sides."""

from parity.case import DemoCase, array

_NAMES = {
    "fact:learning_rate_*": "PyTorch's word is lr, Keras' is learning_rate.",
    "fact:lr_*": "PyTorch's word is lr, Keras' is learning_rate.",
    "fact:adam_among_layers_error": "Each framework has its own words; both refuse.",
    "fact:paramenters_error": "Each framework has its own words; both refuse.",
    "fact:zero_grad_*": "A Keras optimizer has nothing to zero: a tape gives new gradients.",
}
_TORCHVISION = {
    "fact:pretrained_*": "torchvision still takes `pretrained=` with a warning, Keras' applications refuse it; both take `weights=`.",
    "fact:scale_error": "Each library has its own words; neither has it.",
    "fact:random_sized_crop_error": "Each library has its own words; neither has it.",
}

CASES = [
    DemoCase("errata.names:misspelled", "notes", known=_NAMES),
    DemoCase("errata.names:old_names", "five", inputs={"prediction": array(5), "labels": array(5)}),
    DemoCase("errata.names:torchvision_names", "three", known=_TORCHVISION, needs="torchvision", backends=("tensorflow",)),
]
