"""torch's test database, imported without what its import does to the process: it forbids to set the flags of `torch.backends` ever after."""

from unittest.mock import patch

import torch

with patch.object(torch.backends, "disable_global_flags", lambda: None):
    from torch.testing._internal.common_methods_invocations import op_db as op_db
    from torch.testing._internal.common_modules import FunctionInput as FunctionInput
    from torch.testing._internal.common_modules import ModuleErrorEnum as ModuleErrorEnum
    from torch.testing._internal.common_modules import ModuleInfo as ModuleInfo
    from torch.testing._internal.common_modules import ModuleInput as ModuleInput
    from torch.testing._internal.common_modules import module_db as module_db
    from torch.testing._internal.common_optimizers import OptimizerErrorEnum as OptimizerErrorEnum
    from torch.testing._internal.common_optimizers import OptimizerInfo as OptimizerInfo
    from torch.testing._internal.common_optimizers import OptimizerInput as OptimizerInput
    from torch.testing._internal.common_optimizers import optim_db as optim_db
    from torch.testing._internal.common_utils import set_rng_seed as set_rng_seed
    from torch.testing._internal.opinfo.core import OpInfo as OpInfo
    from torch.testing._internal.opinfo.core import SampleInput as SampleInput
