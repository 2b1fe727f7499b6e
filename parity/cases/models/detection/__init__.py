"""Cases of the parts of Mask R-CNN, and of the whole."""
