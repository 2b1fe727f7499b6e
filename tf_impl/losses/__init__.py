"""Losses with PyTorch's names, arguments, order (input, target) and reductions; classes are last.

`from_scratch` has functions named as modules here, and is imported by itself.
"""

from tf_impl.losses._keras_loss import keras_loss as keras_loss
from tf_impl.losses.bce import BCELoss as BCELoss
from tf_impl.losses.bce_with_logits import BCEWithLogitsLoss as BCEWithLogitsLoss
from tf_impl.losses.cosine_embedding import CosineEmbeddingLoss as CosineEmbeddingLoss
from tf_impl.losses.cross_entropy import CrossEntropyLoss as CrossEntropyLoss
from tf_impl.losses.ctc import CTCLoss as CTCLoss
from tf_impl.losses.dice import DiceLoss as DiceLoss
from tf_impl.losses.focal import SigmoidFocalLoss as SigmoidFocalLoss
from tf_impl.losses.gaussian_nll import GaussianNLLLoss as GaussianNLLLoss
from tf_impl.losses.hinge_embedding import HingeEmbeddingLoss as HingeEmbeddingLoss
from tf_impl.losses.kl_div import KLDivLoss as KLDivLoss
from tf_impl.losses.l1 import L1Loss as L1Loss
from tf_impl.losses.linear_cross_entropy import LinearCrossEntropyLoss as LinearCrossEntropyLoss
from tf_impl.losses.linear_cross_entropy import LinearCrossEntropyOptions as LinearCrossEntropyOptions
from tf_impl.losses.margin_ranking import MarginRankingLoss as MarginRankingLoss
from tf_impl.losses.mse import MSELoss as MSELoss
from tf_impl.losses.multi_margin import MultiLabelMarginLoss as MultiLabelMarginLoss
from tf_impl.losses.multi_margin import MultiMarginLoss as MultiMarginLoss
from tf_impl.losses.nll import NLLLoss as NLLLoss
from tf_impl.losses.penalties import l1_penalty as l1_penalty
from tf_impl.losses.penalties import l2_penalty as l2_penalty
from tf_impl.losses.penalties import weight_decay_penalty as weight_decay_penalty
from tf_impl.losses.poisson_nll import PoissonNLLLoss as PoissonNLLLoss
from tf_impl.losses.reductions import mean_of_nothing as mean_of_nothing
from tf_impl.losses.reductions import one_by_one as one_by_one
from tf_impl.losses.reductions import weighted_mean as weighted_mean
from tf_impl.losses.sigmoid_losses import sigmoid_cross_entropy as sigmoid_cross_entropy
from tf_impl.losses.sigmoid_losses import sigmoid_loss_slopes as sigmoid_loss_slopes
from tf_impl.losses.sigmoid_losses import sigmoid_squared_error as sigmoid_squared_error
from tf_impl.losses.smooth_l1 import HuberLoss as HuberLoss
from tf_impl.losses.smooth_l1 import SmoothL1Loss as SmoothL1Loss
from tf_impl.losses.soft_margin import MultiLabelSoftMarginLoss as MultiLabelSoftMarginLoss
from tf_impl.losses.soft_margin import SoftMarginLoss as SoftMarginLoss
from tf_impl.losses.triplet_margin import TripletMarginLoss as TripletMarginLoss
from tf_impl.losses.triplet_margin import TripletMarginWithDistanceLoss as TripletMarginWithDistanceLoss
from tf_impl.losses.triplet_margin import squared_distance as squared_distance
