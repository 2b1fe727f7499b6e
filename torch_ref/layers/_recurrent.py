"""What the recurrent references share."""

import torch
from torch import Tensor
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class Packed(torch.nn.Module):
    """Put before a recurrent module: called (input, lengths, hx), with sequences of unequal lengths padded at their ends."""

    def forward(self, input: Tensor, lengths: Tensor, hx: Tensor | tuple[Tensor, ...] | None = None) -> tuple:
        steps = input.shape[1 if self.batch_first else 0]
        packed = pack_padded_sequence(input, lengths.cpu(), batch_first=self.batch_first, enforce_sorted=False)
        output, states = super().forward(packed, hx)
        output, _ = pad_packed_sequence(output, batch_first=self.batch_first, total_length=steps)
        return output, states
