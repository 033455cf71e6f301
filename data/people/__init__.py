"""Rendered people in motion: bodies, clothes, hair, places, light and cameras.

Pictures are traced by Mitsuba 3 (variant `scalar_rgb`), not by a rasteriser of our own: one
wheel brings soft shadows, light that bounces between floor, walls and skin, hair that shades
itself and materials, in 200 lines here; a z-buffer with shadow maps needs some 500, is faster
by a third, and looks like a game of the nineties.
"""
