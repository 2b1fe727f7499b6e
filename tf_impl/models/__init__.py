"""Model twins: keras.Model subclasses written in the shape of `torch_ref.models`, channels last."""

from tf_impl.models.four_ways import Attributes as Attributes
from tf_impl.models.four_ways import InSequence as InSequence
from tf_impl.models.four_ways import Named as Named
from tf_impl.models.four_ways import StepByStep as StepByStep
from tf_impl.models.lenet import LeNet as LeNet
from tf_impl.models.linear_regression import LinearModel as LinearModel
from tf_impl.models.logistic_regression import LogisticRegressionModel as LogisticRegressionModel
from tf_impl.models.mlp import DiabetesMLP as DiabetesMLP
from tf_impl.models.mlp import FashionMLP as FashionMLP
from tf_impl.models.resnet import ResNet as ResNet
from tf_impl.models.resnet import ResNetBackbone as ResNetBackbone
from tf_impl.models.resnet import resnet18 as resnet18
from tf_impl.models.resnet import resnet34 as resnet34
from tf_impl.models.resnet import resnet50 as resnet50
from tf_impl.models.resnet import resnet101 as resnet101
from tf_impl.models.resnet import resnet152 as resnet152
from tf_impl.models.sixty_minute_net import Net as Net
