"""Joints of one's own photos and videos: pose networks, scenes, tracks, and the data set."""
