"""Cases of distributed training."""
