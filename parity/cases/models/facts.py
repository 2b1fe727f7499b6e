"""What every network costs at its published size: parameters and multiply-adds of one image, counted on both sides; receptive fields stand in each page.

In print: torchvision's, where it has the network, else the papers' to their digits; the rest was counted. Whole networks of detection are counted up to
their answers; multiply-adds of Mask R-CNN to the end of the pyramid, of YOLO v1 to the end of the convolutions.
"""

from parity.case import DemoCase

IMAGENET = (3, 224, 224)


def _network(name: str, shape: tuple[int, ...], parameters: int, multiply_adds: int, method: str = "", **options) -> DemoCase:
    config = {"network": name, "shape": shape} | ({"options": options} if options else {}) | ({"method": method} if method else {})
    printed = {"parameters": parameters, "multiply_adds": multiply_adds}
    return DemoCase("models.facts:network_facts", name.replace(":", "."), config=config, printed=printed, backends=("tensorflow",))


CASES = [
    _network("lenet:LeNet", (1, 32, 32), 61_706, 416_520),
    _network("sixty_minute_net:Net", (1, 32, 32), 61_706, 416_520),
    _network("alexnet:AlexNet", IMAGENET, 61_100_840, 714_188_480),
    _network("vgg:vgg16", IMAGENET, 138_357_544, 15_470_264_320),
    _network("googlenet:GoogLeNet", IMAGENET, 6_624_904, 1_498_376_192, aux_logits=False),
    _network("inception_v3:Inception3", (3, 299, 299), 27_161_264, 5_713_216_096),
    _network("resnet:resnet18", IMAGENET, 11_689_512, 1_814_073_344),
    _network("resnet:resnet50", IMAGENET, 25_557_032, 4_089_184_256),
    _network("vit:vit_b_16", IMAGENET, 86_567_656, 17_563_828_224),
    _network("swin:swin_t", IMAGENET, 28_288_354, 4_490_566_656),
    _network("convnext:convnext_tiny", IMAGENET, 28_589_128, 4_455_531_264),
    _network("fcn:FCN8s", (3, 500, 500), 134_489_759, 181_529_034_048),
    _network("unet:UNet", (3, 572, 572), 31_043_586, 150_802_709_248),
    _network("segnet:SegNet", (3, 360, 480), 29_455_125, 107_283_087_360),
    _network("pspnet:PSPNet", (3, 473, 473), 49_180_908, 161_874_838_720, num_classes=150),
    _network("deeplab_v1:DeepLabV1", (3, 321, 321), 21_711_445, 52_953_246_912),
    _network("deeplab_v3:DeepLabV3", (3, 513, 513), 39_638_869, 51_078_150_592, output_stride=16, multi_grid=(1, 2, 4)),
    _network("detection.mask_rcnn:MaskRCNN", (3, 800, 1216), 44_401_393, 134_339_788_800, "backbone"),
    _network("yolo_v1:YOLOv1", (3, 448, 448), 271_703_550, 20_073_611_264, "features"),
    _network("yolo_v3:YOLOv3", (3, 416, 416), 61_949_149, 32_932_037_632, "predict_all"),
    _network("yolo_anchor_free:YOLOAnchorFree", (3, 640, 640), 3_157_184, 4_371_456_000, "predict_all"),
    _network("mlp:FashionMLP", (1, 28, 28), 669_706, 668_672),
    _network("autoencoder:Autoencoder", (1, 28, 28), 219_891, 218_696),
    _network("dcgan:Discriminator", (3, 64, 64), 2_765_568, 103_817_216),
    _network("dqn:AtariQNetwork", (4, 84, 84), 1_686_180, 9_345_024, n_actions=4),
]
