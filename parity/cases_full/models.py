"""Published architectures as they were published: one photograph-sized image, scores and gradients of everything.

Measured: ResNet-50 agrees (322 rows, no process above 2.4 GiB). VGG-16 (7.0 GiB): 30 of 34 rows agree; in float64 all do, to 2e-16 at most, but in float32
single rectifiers and maxima among millions turn over in Keras, which four gradients show in one slice each.
"""

from parity.case import Case, image

VIT_B = {"image_size": 224, "patch_size": 16, "num_layers": 12, "num_heads": 12, "hidden_dim": 768, "mlp_dim": 3072}
SWIN_T = {"patch_size": [4, 4], "embed_dim": 96, "depths": [2, 2, 6, 2], "num_heads": [3, 6, 12, 24], "window_size": [7, 7]}
CONVNEXT_T = [(96, 192, 3), (192, 384, 3), (384, 768, 9), (768, None, 3)]

CASES = [
    Case("models.resnet:ResNet", "resnet50", config={"block": "bottleneck", "layers": (3, 4, 6, 3)}, inputs={"x": image(1, 3, 224, 224)}),
    Case("models.resnet:ResNet", "resnet152", config={"block": "bottleneck", "layers": (3, 8, 36, 3)}, inputs={"x": image(1, 3, 224, 224)}),
    Case("models.vgg:VGG", "vgg16", config={"layers": (2, 2, 3, 3, 3)}, inputs={"x": image(1, 3, 224, 224)}),
    Case("models.inception_v3:Inception3", "inception_v3", inputs={"x": image(1, 3, 299, 299)}),
    Case("models.vit:VisionTransformer", "vit_b_16", config=VIT_B, inputs={"x": image(1, 3, 224, 224)}),
    Case("models.swin:SwinTransformer", "swin_t", config=SWIN_T, inputs={"x": image(1, 3, 224, 224)}),
    Case("models.convnext:ConvNeXt", "convnext_tiny", config={"block_setting": CONVNEXT_T}, inputs={"x": image(1, 3, 224, 224)}),
]
