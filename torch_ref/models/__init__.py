"""Models in PyTorch, the reference."""

from torch_ref.models.four_ways import Attributes as Attributes
from torch_ref.models.four_ways import InSequence as InSequence
from torch_ref.models.four_ways import Named as Named
from torch_ref.models.four_ways import StepByStep as StepByStep
from torch_ref.models.lenet import LeNet as LeNet
from torch_ref.models.linear_regression import LinearModel as LinearModel
from torch_ref.models.logistic_regression import LogisticRegressionModel as LogisticRegressionModel
from torch_ref.models.mlp import DiabetesMLP as DiabetesMLP
from torch_ref.models.mlp import FashionMLP as FashionMLP
from torch_ref.models.resnet import ResNet as ResNet
from torch_ref.models.resnet import ResNetBackbone as ResNetBackbone
from torch_ref.models.resnet import resnet18 as resnet18
from torch_ref.models.resnet import resnet34 as resnet34
from torch_ref.models.resnet import resnet50 as resnet50
from torch_ref.models.resnet import resnet101 as resnet101
from torch_ref.models.resnet import resnet152 as resnet152
from torch_ref.models.sixty_minute_net import Net as Net
