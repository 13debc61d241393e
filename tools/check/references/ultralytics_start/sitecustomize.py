"""Where this folder is in Python's path, torchvision's operators are there before anything imports it."""

from detectors import torchvision_operators

torchvision_operators.provide()
