"""Published architectures as they were published: one image, scores (or answers, detections, losses) and the gradients of everything.

Decisions are kept where they can be compared one by one: Mask R-CNN is trained on proposals that it is fed and with all anchors sampled, and detects from
a hundred candidates a level; a thousand random scores stand nearer to each other than float32 tells apart. YOLO v3's answers are small, or probabilities of
eighty classes would all be 1 in float32.

Measured on two shared cores: all agree, no process above 8.7 GiB (Mask R-CNN in Keras), no more than 1.9 GiB on disk (ViT-B); `reports/full/report.md`.
In float64 every row differs by rounding only. In float32 single rectifiers turn over on one side: of VGG-16's 13.5 M one in Keras, none in PyTorch.
"""

from parity.case import Case, array, image, mask, uniform, values

RESNET = "models.resnet:ResNet"
VIT_B = {"image_size": 224, "patch_size": 16, "num_layers": 12, "num_heads": 12, "hidden_dim": 768, "mlp_dim": 3072}
SWIN_T = {"patch_size": [4, 4], "embed_dim": 96, "depths": [2, 2, 6, 2], "num_heads": [3, 6, 12, 24], "window_size": [7, 7]}
CONVNEXT_T = [(96, 192, 3), (192, 384, 3), (384, 768, 9), (768, None, 3)]
PAPER = {"output_stride": 16, "multi_grid": (1, 2, 4)}
IMAGENET = {"x": image(1, 3, 224, 224)}
FEW = {"rpn_pre_nms_top_n": (2000, 100), "rpn_post_nms_top_n": (2000, 100), "box_score_thresh": 0.0}
ALL = {"rpn_batch_size_per_image": 2**17, "box_batch_size_per_image": 2**12}
# Drawn on scikit-learn's photograph of a temple, 640 × 427, cut to 416 rows
BOXES = [[[63.0, 30.0, 372.0, 414.0], [546.0, 136.0, 640.0, 414.0]]]
PROPOSALS = [[[53.0 + 17 * (i % 7), 24.0 + 13 * (i % 5), 360.0 + 9 * (i % 11), 390.0 + 5 * (i % 3)] for i in range(64)]]
TARGETS = {"boxes": values(BOXES, differentiable=False), "labels": values([[1, 2]]), "masks": mask(1, 2, 416, 640, keep=0.5)}
PHOTOGRAPH = {"images": uniform(1, 3, 416, 640, layout="channels_last")}

CASES = [
    Case(RESNET, "resnet50", config={"block": "bottleneck", "layers": (3, 4, 6, 3)}, inputs=IMAGENET),
    Case(RESNET, "resnet152", config={"block": "bottleneck", "layers": (3, 8, 36, 3)}, inputs=IMAGENET),
    Case("models.vgg:VGG", "vgg16", config={"layers": (2, 2, 3, 3, 3)}, inputs=IMAGENET),
    Case("models.inception_v3:Inception3", "inception_v3", inputs={"x": image(1, 3, 299, 299)}),
    Case("models.vit:VisionTransformer", "vit_b_16", config=VIT_B, inputs=IMAGENET),
    Case("models.swin:SwinTransformer", "swin_t", config=SWIN_T, inputs=IMAGENET),
    Case("models.convnext:ConvNeXt", "convnext_tiny", config={"block_setting": CONVNEXT_T}, inputs=IMAGENET),
    Case("models.deeplab_v3:DeepLabV3", "deeplab_v3", config=PAPER, inputs={"x": image(1, 3, 513, 513)}),
    Case("models.detection.mask_rcnn:MaskRCNN", "mask_rcnn, detections", config=FEW, inputs=PHOTOGRAPH, gradients=False, output_layout="same"),
    Case(
        "models.detection.mask_rcnn:MaskRCNN",
        "mask_rcnn, losses",
        config=ALL,
        inputs={**PHOTOGRAPH, **TARGETS, "proposals": values(PROPOSALS, differentiable=False)},
        training=True,
        output_layout="same",
    ),
    Case(
        "models.yolo_v3:YOLOv3",
        "yolo_v3",
        inputs={"images": uniform(1, 3, 416, 416, layout="channels_last")},
        weights={f"heads.{i}.1.weight": array(255, width, 1, 1, std=0.25 / width) for i, width in enumerate((1024, 512, 256))},
    ),
    Case("models.yolo_anchor_free:YOLOAnchorFree", "yolo_v8n", inputs={"images": uniform(1, 3, 640, 640, layout="channels_last")}),
]
