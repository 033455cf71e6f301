"""Pose transfer: paint the person of a photo in another pose.

A Keras 3 rebuild of Balakrishnan et al., "Synthesizing Images of Humans in Unseen Poses"
(CVPR 2018), on any Keras backend. The package itself imports nothing, so that its light
modules (skeletons, errors) come without the seconds that a Keras backend takes to load.
"""

__version__ = "0.1.0"
