"""Rendered people in motion: bodies, clothes, hair, places, light and cameras.

Mitsuba 3 traces the light: soft shadows, light that bounces between floor, walls and skin, hair
that shades itself. Six paths a pixel are enough, because light is averaged among like neighbours
(`rendering`), and because the empty place is rendered only once a video, lens blur and all: a frame
adds the person and the shadows (`video`).

From a seed to a picture: `body` is put in a pose by `motion`, `wardrobe`, `clothes`, `fabrics`,
`hair` and `faces` make a `person` of it, `scenes` a place, `video` pictures, `dataset` a folder.
"""
