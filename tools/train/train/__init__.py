"""Training of IoU-aware RetinaNet detectors (Wu, Li, Wang, arXiv 1912.05992) with PyTorch.

Section numbers in the docstrings are those of the paper where the word "paper" is before them.
"""
