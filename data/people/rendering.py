"""Rendering with Mitsuba: meshes, materials and light in, linear pictures out.

Mitsuba's `scalar_rgb` variant needs nothing but its wheel. It traces paths, so that shadows are
soft and light bounces; the grain of few paths is smoothed away.
"""

import dataclasses
import functools

import cv2
import numpy as np

from data.people.geometry import unit

LIGHT = {"type": "path", "max_depth": 3}
"""Light reaches a surface directly or from one other surface."""
SURFACES = {"type": "aov", "aovs": "albedo:albedo,normal:sh_normal"}
"""What one ray a pixel sees: it costs as much as a path."""
DEPTH = {"type": "depth"}
STEPS = 2
"""Rays on a side of a pixel that find out how far it is and how much a person covers."""
REACH = 2
"""Pixels on each side that a pixel's light is averaged with."""
COLOUR, FACING, BRIGHTNESS, DISTANCE = 0.3, 0.35, 0.5, 2.4
"""How different they may be: logarithmic colours, normals, logarithmic light, pixels apart."""
DARKEST = 0.03
"""Colours and light are not told apart below this."""


@dataclasses.dataclass
class Mesh:
    """A mesh and its material, in world coordinates.

    Args:
        points: Float array (V, 3).
        faces: Integer array (T, 3).
        material: Mitsuba's material, or a dictionary that describes one.
        normals: Float array (V, 3) or None for flat faces.
        texcoords: Float array (V, 2) or None.
        colours: Float array (V, 3) of linear colours, for materials that use them, or None.
    """

    points: np.ndarray
    faces: np.ndarray
    material: object
    normals: np.ndarray | None = None
    texcoords: np.ndarray | None = None
    colours: np.ndarray | None = None


@functools.cache
def mitsuba():
    """Mitsuba with one thread. A process that imports it after TensorFlow aborts at its end."""
    import drjit
    import mitsuba as library

    library.set_variant("scalar_rgb")
    library.set_log_level(library.LogLevel.Error)
    drjit.set_thread_count(1)
    return library


def material(description: dict):
    """Makes a material that several meshes and frames can share."""
    return mitsuba().load_dict(description)


def bitmap(pixels: np.ndarray, **options) -> dict:
    """A texture of linear values: float array (H, W, 3) or (H, W)."""
    pixels = np.ascontiguousarray(np.atleast_3d(pixels), "float32")
    return {"type": "bitmap", "bitmap": mitsuba().Bitmap(pixels), "raw": True, **options}


def vertex_colours() -> dict:
    """The texture that is a mesh's `colours`."""
    return {"type": "mesh_attribute", "name": "vertex_color"}


def principled(colour, roughness: float = 0.6, specular: float = 0.4, **options) -> dict:
    """A material of Disney's principled kind, seen from both sides.

    Args:
        colour: A texture, or a linear colour.
        roughness: float. In [0, 1].
        specular: float. In [0, 1]; 0.5 is the gloss of plastic or skin.
        options: Further parameters of the material.
    """
    if not isinstance(colour, dict):
        colour = {"type": "rgb", "value": [float(c) for c in colour]}
    gloss = {"roughness": float(roughness), "specular": float(specular)}
    inner = {"type": "principled", "base_color": colour, **gloss, **options}
    return {"type": "twosided", "bsdf": inner}


def bumped(inner: dict, heights: np.ndarray) -> dict:
    """A material with a relief: float array (H, W) of metres over the texture coordinates."""
    relief = {"type": "bumpmap", "relief": bitmap(heights), "bsdf": inner["bsdf"]}
    return {"type": "twosided", "bsdf": relief}


def _shape(mesh, name):
    library = mitsuba()
    ready = mesh.material
    properties = library.Properties()
    properties["bsdf"] = material(ready) if isinstance(ready, dict) else ready
    arrays = {"positions": mesh.points, "normals": mesh.normals, "texcoords": mesh.texcoords}
    arrays = {f"vertex_{field}": array for field, array in arrays.items() if array is not None}
    given = {f"has_{field}": field in arrays for field in ("vertex_normals", "vertex_texcoords")}
    made = library.Mesh(name, len(mesh.points), len(mesh.faces), props=properties, **given)
    if mesh.colours is not None:
        made.add_attribute("vertex_color", 3, np.ravel(mesh.colours).astype("float32"))
    fields = library.traverse(made)
    fields["faces"] = np.ravel(mesh.faces).astype("uint32")
    for field, array in arrays.items():
        fields[field] = np.ravel(array).astype("float32")
    fields.update()
    return made


@dataclasses.dataclass(frozen=True)
class View:
    """A camera that stands still: a pinhole, the picture a square.

    Args:
        eye: Its place (3,).
        target: What it looks at (3,).
        angle: float. Field of view in degrees.
    """

    eye: np.ndarray
    target: np.ndarray
    angle: float

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where points (..., 3) are seen, (..., 2) as shares of the picture, and their depth."""
        forward = unit(self.target - self.eye)
        right = unit(np.cross(forward, (0, 1, 0)))
        axes = np.stack([right, np.cross(forward, right), forward], axis=1)
        seen = (points - self.eye) @ axes
        depth = seen[..., 2]
        breadth = 2 * np.tan(np.radians(self.angle) / 2) * depth
        return 0.5 + seen[..., :2] / breadth[..., None], depth


class Stage:
    """A place and its light, ready to be rendered with and without a person.

    Args:
        meshes: The place's meshes.
        sky: Float array (H, 2 H, 3): the light from all around, y up.
        view: View.
        size: int. Height and width of the pictures.
    """

    def __init__(self, meshes: list[Mesh], sky: np.ndarray, view: View, size: int):
        self.view, self.size = view, size
        sky = mitsuba().Bitmap(np.ascontiguousarray(sky, "float32"))
        light = mitsuba().load_dict({"type": "envmap", "bitmap": sky})
        self.objects = {"type": "scene", "light": light}
        self.objects |= {f"place{i}": _shape(mesh, f"place{i}") for i, mesh in enumerate(meshes)}
        self.place = mitsuba().load_dict(self.objects)

    def render(
        self, meshes: list[Mesh], window: tuple[int, int, int, int], samples: int, seed: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A part of the picture, height H and width W.

        Args:
            meshes: A person's, beside the place's.
            window: Left, top, W, H of the part.
            samples: int. Paths for every pixel.
            seed: int. Of the noise.

        Returns:
            `(light, cover, depth)`: float array (H, W, 3), linear RGB; float array (H, W), the
            share of every pixel that the person covers; float array (H, W), the distance in
            metres, 0 where there is nothing.
        """
        people = {f"person{i}": _shape(mesh, f"person{i}") for i, mesh in enumerate(meshes)}
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
        edges = ("crop_offset_x", "crop_offset_y", "crop_width", "crop_height")
        film = {name: finer * pixels for name, pixels in zip(edges, window, strict=True)}
        film |= {"width": finer * self.size, "height": finer * self.size}
        film |= {"type": "hdrfilm", "pixel_format": "rgb", "rfilter": {"type": "box"}}
        eye, target = self.view.eye.tolist(), self.view.target.tolist()
        sensor = {
            "type": "perspective",
            "fov": float(self.view.angle),
            "to_world": library.ScalarTransform4f().look_at(eye, target, [0, 1, 0]),
            "film": film,
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
