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
from torch_ref.models.sixty_minute_net import Net as Net
