r"""Several schedulers at once: PyTorch's own, the reference.

$$ \gamma_t = (f_k \circ \dots \circ f_1)(\gamma_{t-1}) $$

Factors multiply; a scheduler that sets the rate outright, as `LambdaLR`, overrules those before it. Rates are numbers.

>>> schedulers = [("ConstantLR", {"factor": 0.5, "total_iters": 2}), ("ExponentialLR", {"gamma": 0.5})]
>>> [round(rate, 5) for rate in trace(("ChainedScheduler", {"schedulers": schedulers}), steps=4)["rates"].tolist()]
[0.05, 0.025, 0.025, 0.0125]

Source: PyTorch's documentation, "ChainedScheduler".
"""

from torch.optim.lr_scheduler import ChainedScheduler as ChainedScheduler

from torch_ref.schedules._trace import trace as trace
