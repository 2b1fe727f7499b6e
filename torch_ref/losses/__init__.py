"""Losses: PyTorch's own, and the notes' and the literature's where PyTorch has none.

`from_scratch` has functions named as modules here, and is imported by itself.
"""

from torch_ref.losses.bce import BCELoss as BCELoss
from torch_ref.losses.bce_with_logits import BCEWithLogitsLoss as BCEWithLogitsLoss
from torch_ref.losses.cosine_embedding import CosineEmbeddingLoss as CosineEmbeddingLoss
from torch_ref.losses.cross_entropy import CrossEntropyLoss as CrossEntropyLoss
from torch_ref.losses.ctc import CTCLoss as CTCLoss
from torch_ref.losses.dice import DiceLoss as DiceLoss
from torch_ref.losses.focal import SigmoidFocalLoss as SigmoidFocalLoss
from torch_ref.losses.gaussian_nll import GaussianNLLLoss as GaussianNLLLoss
from torch_ref.losses.hinge_embedding import HingeEmbeddingLoss as HingeEmbeddingLoss
from torch_ref.losses.kl_div import KLDivLoss as KLDivLoss
from torch_ref.losses.l1 import L1Loss as L1Loss
from torch_ref.losses.linear_cross_entropy import LinearCrossEntropyLoss as LinearCrossEntropyLoss
from torch_ref.losses.linear_cross_entropy import LinearCrossEntropyOptions as LinearCrossEntropyOptions
from torch_ref.losses.margin_ranking import MarginRankingLoss as MarginRankingLoss
from torch_ref.losses.mse import MSELoss as MSELoss
from torch_ref.losses.multi_margin import MultiLabelMarginLoss as MultiLabelMarginLoss
from torch_ref.losses.multi_margin import MultiMarginLoss as MultiMarginLoss
from torch_ref.losses.nll import NLLLoss as NLLLoss
from torch_ref.losses.penalties import l1_penalty as l1_penalty
from torch_ref.losses.penalties import l2_penalty as l2_penalty
from torch_ref.losses.penalties import weight_decay_penalty as weight_decay_penalty
from torch_ref.losses.poisson_nll import PoissonNLLLoss as PoissonNLLLoss
from torch_ref.losses.reductions import mean_of_nothing as mean_of_nothing
from torch_ref.losses.reductions import one_by_one as one_by_one
from torch_ref.losses.reductions import weighted_mean as weighted_mean
from torch_ref.losses.sigmoid_losses import sigmoid_cross_entropy as sigmoid_cross_entropy
from torch_ref.losses.sigmoid_losses import sigmoid_loss_slopes as sigmoid_loss_slopes
from torch_ref.losses.sigmoid_losses import sigmoid_squared_error as sigmoid_squared_error
from torch_ref.losses.smooth_l1 import HuberLoss as HuberLoss
from torch_ref.losses.smooth_l1 import SmoothL1Loss as SmoothL1Loss
from torch_ref.losses.soft_margin import MultiLabelSoftMarginLoss as MultiLabelSoftMarginLoss
from torch_ref.losses.soft_margin import SoftMarginLoss as SoftMarginLoss
from torch_ref.losses.triplet_margin import TripletMarginLoss as TripletMarginLoss
from torch_ref.losses.triplet_margin import TripletMarginWithDistanceLoss as TripletMarginWithDistanceLoss
from torch_ref.losses.triplet_margin import squared_distance as squared_distance
