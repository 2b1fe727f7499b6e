"""Two nets, one of them with batch norm and shortcuts, through the formats of both frameworks; a row is one artefact beside the other side's live model.

ONNX and LiteRT run in float32 only and are judged so; ONNX needs the extra `onnx`.
"""

from parity.case import Build, DemoCase, image

_NETS = {
    "60-minute-net": (Build("models.sixty_minute_net:Net", {"in_channels": 2, "num_classes": 7}), (3, 2, 32, 32)),
    "resnet": (Build("models.resnet:ResNet", {"block": "basic", "layers": (1, 1, 1, 1), "num_classes": 5, "width": 4}), (2, 3, 41, 36)),
}
_FORMATS = {
    "60-minute-net": ("state_dict", "safetensors", "torch_export", "keras", "weights_h5", "saved_model", "litert"),
    "resnet": ("safetensors", "torch_export", "keras", "litert"),
}


def _case(net: str, name: str, formats: tuple[str, ...], needs: str = "") -> DemoCase:
    model, shape = _NETS[net]
    inputs = {"x": image(*shape)}
    return DemoCase("saving.artefacts:artefacts", name, inputs=inputs, config={"model": model, "formats": formats}, needs=needs, backends=("tensorflow",))


CASES = [
    *(_case(net, net, formats) for net, formats in _FORMATS.items()),
    *(_case(net, f"{net}-onnx", ("torch_onnx", "keras_onnx"), needs="onnx") for net in _NETS),
]
