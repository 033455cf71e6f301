"""Rendering with Mitsuba: meshes, materials and light in, linear pictures out.

Mitsuba's `scalar_rgb` variant needs no display and no GPU. The grain of few paths is smoothed away.
"""

import functools
from typing import NamedTuple

import cv2
import numpy as np

from data.people.geometry import unit

LIGHT = {"type": "path", "max_depth": 3}  # directly, or from one other surface
SURFACES = {"type": "aov", "aovs": "albedo:albedo,normal:sh_normal"}  # what one ray a pixel sees
DEPTH = {"type": "depth"}
STEPS = 2  # rays on a side of a pixel that find out how far it is and how much a person covers
REACH = 2  # pixels on each side that a pixel's light is averaged with
COLOUR, FACING, BRIGHTNESS, DISTANCE = 0.3, 0.35, 0.5, 2.4  # how different such pixels may be
DARKEST = 0.03  # colours and light are not told apart below this


class Mesh(NamedTuple):
    """A mesh in metres; its faces are flat without normals, its colours are linear."""

    points: np.ndarray  # (V, 3)
    faces: np.ndarray  # (T, 3)
    material: object
    normals: np.ndarray | None = None  # (V, 3)
    texcoords: np.ndarray | None = None  # (V, 2)
    colours: np.ndarray | None = None  # (V, 3)


@functools.cache
def mitsuba():
    """Mitsuba with one thread. A process that imports it after TensorFlow aborts at its end."""
    import drjit
    import mitsuba as library

    library.set_variant("scalar_rgb")
    library.set_log_level(library.LogLevel.Error)
    drjit.set_thread_count(1)
    return library


def material(colour=None, roughness=0.6, specular=0.4, relief=None, **options):
    """A material of Disney's principled kind, seen from both sides.

    Its linear colour is one of (3,), a texture (H, W, 3), or that of a mesh's points (None). A
    `relief` (H, W) is in metres.
    """
    if colour is None:
        colour = {"type": "mesh_attribute", "name": "vertex_color"}
    elif np.ndim(colour) == 1:
        colour = {"type": "rgb", "value": np.asarray(colour, float).tolist()}
    else:
        colour = _texture(colour)
    gloss = {"roughness": float(roughness), "specular": float(specular)}
    surface = {"type": "principled", "base_color": colour, **gloss, **options}
    if relief is not None:
        surface = {"type": "bumpmap", "relief": _texture(relief), "bsdf": surface}
    return mitsuba().load_dict({"type": "twosided", "bsdf": surface})


def _texture(values):
    return {"type": "bitmap", "bitmap": _bitmap(np.atleast_3d(values)), "raw": True}


def _bitmap(values):
    return mitsuba().Bitmap(np.ascontiguousarray(values, "float32"))


def _shape(mesh):
    """A mesh as Mitsuba has it."""
    library, sizes = mitsuba(), (len(mesh.points), len(mesh.faces))
    properties = library.Properties()
    properties["bsdf"] = mesh.material
    smooth, textured = mesh.normals is not None, mesh.texcoords is not None
    made = library.Mesh("", *sizes, properties, smooth, textured)
    if mesh.colours is not None:
        made.add_attribute("vertex_color", 3, np.ravel(mesh.colours).astype("float32"))
    fields = library.traverse(made)
    fields["faces"] = np.ravel(mesh.faces).astype("uint32")
    fields["vertex_positions"] = np.ravel(mesh.points).astype("float32")
    if smooth:
        fields["vertex_normals"] = np.ravel(mesh.normals).astype("float32")
    if textured:
        fields["vertex_texcoords"] = np.ravel(mesh.texcoords).astype("float32")
    fields.update()
    return made


class View(NamedTuple):
    """A pinhole camera at `eye` (3,) that looks at `target` (3,); the view's `angle` in degrees."""

    eye: np.ndarray
    target: np.ndarray
    angle: float

    def project(self, points: np.ndarray) -> np.ndarray:
        """Where points (..., 3) are seen: (..., 2) as shares of the square picture."""
        forward = unit(self.target - self.eye)
        right = unit(np.cross(forward, (0, 1, 0)))
        axes = np.stack([right, np.cross(forward, right), forward], axis=1)
        seen = (points - self.eye) @ axes
        breadth = 2 * np.tan(np.radians(self.angle) / 2) * seen[..., 2]
        return 0.5 + seen[..., :2] / breadth[..., None]


class Stage:
    """A place and a sky (H, 2 H, 3), which lights it, to be rendered with and without a person."""

    def __init__(self, meshes: list[Mesh], sky: np.ndarray, view: View, size: int):
        self.view, self.size = view, size
        light = mitsuba().load_dict({"type": "envmap", "bitmap": _bitmap(sky)})
        self.objects = {"type": "scene", "light": light}
        self.objects |= {f"place{i}": _shape(mesh) for i, mesh in enumerate(meshes)}
        self.place = mitsuba().load_dict(self.objects)

    def render(
        self, meshes: list[Mesh], window: tuple[int, int, int, int], samples: int, seed: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A part of the picture with a person's meshes: its left, top, width W and height H.

        Returns `(light, cover, depth)`: float array (H, W, 3), linear RGB; float array (H, W), the
        share of every pixel that the person covers; float array (H, W), metres, 0 if infinite.
        """
        people = {f"person{i}": _shape(mesh) for i, mesh in enumerate(meshes)}
        scene = mitsuba().load_dict(self.objects | people)
        light = self._trace(scene, LIGHT, window, samples, seed)
        surfaces = np.nan_to_num(self._trace(scene, SURFACES, window))
        # The same rays, with and without the person, differ in length where the person is.
        depth, without = (
            self._trace(shown, DEPTH, window, finer=STEPS)[..., 0] for shown in (scene, self.place)
        )
        cover = (depth != without).astype("float32")
        cover = cv2.resize(cover, window[2:], interpolation=cv2.INTER_AREA)
        return _smooth(light, surfaces), cover, depth[::STEPS, ::STEPS]

    def _trace(self, scene, integrator, window, samples=1, seed=0, finer=1):
        """Renders a window of the picture, so many times finer: float array (H, W, channels)."""
        library = mitsuba()
        names = ("crop_offset_x", "crop_offset_y", "crop_width", "crop_height", "width", "height")
        pixels = (finer * pixels for pixels in (*window, self.size, self.size))
        film = {"type": "hdrfilm", "pixel_format": "rgb", "rfilter": {"type": "box"}}
        eye, target = self.view.eye.tolist(), self.view.target.tolist()
        sensor = {
            "type": "perspective",
            "fov": float(self.view.angle),
            "to_world": library.ScalarTransform4f().look_at(eye, target, [0, 1, 0]),
            "film": film | dict(zip(names, pixels, strict=True)),
            "sampler": {"type": "multijitter"},
        }
        tools = {"sensor": library.load_dict(sensor), "integrator": library.load_dict(integrator)}
        return np.array(library.render(scene, seed=seed, spp=samples, **tools), "float32")


def _smooth(light, surfaces):
    """Averages light (H, W, 3) among neighbours of like colour, direction and brightness.

    `surfaces` (H, W, 6) are the colours and the shading normals of what is seen.
    """
    height, width = light.shape[:2]
    # A lone bright pixel is grain: its brightness is taken from around it.
    level = cv2.blur(light.mean(axis=2, dtype="float32"), (3, 3))[..., None]
    place = np.stack(np.mgrid[:height, :width], axis=2) / DISTANCE
    colour = np.log(surfaces[..., :3] + DARKEST) / COLOUR
    bright = np.log(level + DARKEST) / BRIGHTNESS
    guides = np.concatenate([colour, surfaces[..., 3:] / FACING, bright, place], axis=2)
    values = np.concatenate([light, np.ones_like(level), guides], axis=2, dtype="float32")
    around = np.pad(values, ((REACH, REACH), (REACH, REACH), (0, 0)), mode="edge")
    total = np.zeros((height, width, 4), "float32")
    for down, right in np.ndindex(2 * REACH + 1, 2 * REACH + 1):
        other = around[down : down + height, right : right + width]
        distance = ((other[..., 4:] - values[..., 4:]) ** 2).sum(axis=2, keepdims=True)
        total += np.exp(-distance) * other[..., :4]
    return total[..., :3] / total[..., 3:]
