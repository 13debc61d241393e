"""Drawn blood smears with exact boxes.

A picture is made as a microscope makes it: every cell absorbs some light of each colour, and what
is left of the illumination reaches the camera. Overlapping cells darken each other for free.
"""
