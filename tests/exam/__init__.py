"""The independent exam: torch's own test database against the twins.

`torch.testing._internal` holds the inputs with which PyTorch tests its modules, optimizers and functions. Nobody who wrote a twin chose them.
Every one is tried on both sides in both precisions and counted: agree, differ (with a reason), not supported (with a reason). See docs/exam.md.
"""
