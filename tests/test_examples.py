"""The examples as a user would run them: right ports agree, and the mistakes in the others are found where they are."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from references import torchvision, transformers


def causes(report) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for finding in report.findings:
        if finding.severity == "difference":
            found.setdefault(finding.layer, set()).add(finding.cause)
    return found


def test_the_resnet_of_keras_applications_has_its_stride_elsewhere():
    from examples import resnet

    report = resnet.main()
    assert not report.ok
    for stage in ("layer2", "layer3", "layer4"):
        assert {"conv-stride"} <= causes(report)[f"{stage}.0.conv1"] & causes(report)[f"{stage}.0.conv2"]
        assert any(finding.confirmed and "strides=(1, 1)" in finding.fix for finding in report.findings if finding.layer == f"{stage}.0.conv1")
    assert any(finding.cause == "bn-eps" for finding in report.findings)


def test_the_vit_of_transformers():
    torchvision()  # transformers imports it, and does not find its compiled operations
    transformers()
    from examples import vit

    assert vit.main(right=True).ok
    report = vit.main()
    assert not report.ok
    found = causes(report)
    norms = {layer for layer in found if "norm" in layer}
    assert len(norms) == 5, str(report)
    assert all("eps" in " ".join(found[layer]) for layer in norms)
    assert any("gelu" in cause for layer in found for cause in found[layer]), str(report)


def test_the_text_classifier_trains_wrongly():
    from examples import text

    assert text.main(right=True).ok
    report = text.main()
    assert not report.ok
    assert not any(row.failing for row in report.rows if row.role == "output"), "outputs alone show nothing"
    assert causes(report)["loss"] == {"ce-from-logits"}
    assert any("eps" in cause for cause in causes(report)["optimizer"])
