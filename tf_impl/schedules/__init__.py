"""Schedulers that set the learning rate of a Keras optimizer as PyTorch's do, step by step; `as_keras` turns them into Keras schedules."""

from tf_impl.schedules.chained_scheduler import ChainedScheduler as ChainedScheduler
from tf_impl.schedules.constant_lr import ConstantLR as ConstantLR
from tf_impl.schedules.cosine_annealing_lr import CosineAnnealingLR as CosineAnnealingLR
from tf_impl.schedules.cosine_annealing_warm_restarts import CosineAnnealingWarmRestarts as CosineAnnealingWarmRestarts
from tf_impl.schedules.cyclic_lr import CyclicLR as CyclicLR
from tf_impl.schedules.exponential_lr import ExponentialLR as ExponentialLR
from tf_impl.schedules.lambda_lr import LambdaLR as LambdaLR
from tf_impl.schedules.lambda_lr import MultiplicativeLR as MultiplicativeLR
from tf_impl.schedules.linear_lr import LinearLR as LinearLR
from tf_impl.schedules.multi_step_lr import MultiStepLR as MultiStepLR
from tf_impl.schedules.one_cycle_lr import OneCycleLR as OneCycleLR
from tf_impl.schedules.polynomial_lr import PolynomialLR as PolynomialLR
from tf_impl.schedules.reduce_lr_on_plateau import ReduceLROnPlateau as ReduceLROnPlateau
from tf_impl.schedules.scheduler import LRScheduler as LRScheduler
from tf_impl.schedules.sequential_lr import SequentialLR as SequentialLR
from tf_impl.schedules.step_lr import StepLR as StepLR
