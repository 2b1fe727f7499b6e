"""Losses: PyTorch's own, and the notes' and the literature's where PyTorch has none."""

from torch_ref.losses.bce import BCELoss as BCELoss
from torch_ref.losses.bce_with_logits import BCEWithLogitsLoss as BCEWithLogitsLoss
from torch_ref.losses.cosine_embedding import CosineEmbeddingLoss as CosineEmbeddingLoss
from torch_ref.losses.cross_entropy import CrossEntropyLoss as CrossEntropyLoss
from torch_ref.losses.from_scratch import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from torch_ref.losses.from_scratch import compare_binary_cross_entropy as compare_binary_cross_entropy
from torch_ref.losses.from_scratch import compare_cross_entropy as compare_cross_entropy
from torch_ref.losses.from_scratch import compare_softmax as compare_softmax
from torch_ref.losses.from_scratch import cross_entropy as cross_entropy
from torch_ref.losses.from_scratch import softmax as softmax
from torch_ref.losses.hinge_embedding import HingeEmbeddingLoss as HingeEmbeddingLoss
from torch_ref.losses.kl_div import KLDivLoss as KLDivLoss
from torch_ref.losses.l1 import L1Loss as L1Loss
from torch_ref.losses.margin_ranking import MarginRankingLoss as MarginRankingLoss
from torch_ref.losses.mse import MSELoss as MSELoss
from torch_ref.losses.nll import NLLLoss as NLLLoss
from torch_ref.losses.smooth_l1 import HuberLoss as HuberLoss
from torch_ref.losses.smooth_l1 import SmoothL1Loss as SmoothL1Loss
from torch_ref.losses.triplet_margin import TripletMarginLoss as TripletMarginLoss
from torch_ref.losses.triplet_margin import TripletMarginWithDistanceLoss as TripletMarginWithDistanceLoss
from torch_ref.losses.triplet_margin import squared_distance as squared_distance
