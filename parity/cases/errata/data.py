"""Data, files and types of the notes."""

from parity.case import DemoCase, array, image, uniform

_TYPES = {
    "fact:int32_labels_*": "PyTorch still wants int64 labels; Keras takes any integers.",
    "fact:whole_model_loaded_error": "PyTorch refuses pickles, Keras a lambda's code; each in its own words.",
}

CASES = [
    DemoCase("errata.data:files_and_types", "two", inputs={"logits": array(2, 3)}, known=_TYPES, backends=("tensorflow",)),
    DemoCase("errata.data:ranges", "image", inputs={"image": uniform(3, 4, 5, layout="channels_last_unbatched")}, backends=("tensorflow",)),
    DemoCase("errata.data:pipeline", "notes", inputs={"image": image(3, 30, 31, batched=False)}, backends=("tensorflow",)),
    DemoCase("errata.data:samples", "notes", backends=("tensorflow",)),
]
