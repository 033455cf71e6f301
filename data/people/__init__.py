"""Rendered people in motion: bodies, clothes, hair, places, light and cameras.

Light is traced by Mitsuba 3 (variant `scalar_rgb`), not rasterised by code of our own. One wheel
that needs no display brings soft shadows, light that bounces between floor, walls and skin, and
hair that shades itself. Six paths a pixel are enough, because light is averaged among like
neighbours (`rendering`), and because the empty place is rendered only once a video, lens blur and
all: a frame adds the person and the shadows (`video`).

From a seed to a picture: `body` and `poses` put a skeleton in a pose, `motion` joins poses
without an arm through the body, `wardrobe`, `clothes`, `fabrics`, `hair` and `faces` make a
`person` of it, `scenes` a place, `camera` a picture, `dataset` a folder.
"""
