"""Schedulers of the learning rate: PyTorch's own, the reference."""

from torch_ref.schedules.chained_scheduler import ChainedScheduler as ChainedScheduler
from torch_ref.schedules.constant_lr import ConstantLR as ConstantLR
from torch_ref.schedules.cosine_annealing_lr import CosineAnnealingLR as CosineAnnealingLR
from torch_ref.schedules.cosine_annealing_warm_restarts import CosineAnnealingWarmRestarts as CosineAnnealingWarmRestarts
from torch_ref.schedules.cyclic_lr import CyclicLR as CyclicLR
from torch_ref.schedules.exponential_lr import ExponentialLR as ExponentialLR
from torch_ref.schedules.lambda_lr import LambdaLR as LambdaLR
from torch_ref.schedules.lambda_lr import MultiplicativeLR as MultiplicativeLR
from torch_ref.schedules.linear_lr import LinearLR as LinearLR
from torch_ref.schedules.multi_step_lr import MultiStepLR as MultiStepLR
from torch_ref.schedules.one_cycle_lr import OneCycleLR as OneCycleLR
from torch_ref.schedules.polynomial_lr import PolynomialLR as PolynomialLR
from torch_ref.schedules.reduce_lr_on_plateau import ReduceLROnPlateau as ReduceLROnPlateau
from torch_ref.schedules.scheduler import LRScheduler as LRScheduler
from torch_ref.schedules.sequential_lr import SequentialLR as SequentialLR
from torch_ref.schedules.step_lr import StepLR as StepLR
