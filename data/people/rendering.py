"""Rendering with Mitsuba: meshes, materials and light in, linear pictures out.

Mitsuba's `scalar_rgb` variant needs nothing but its wheel. It traces paths, so that shadows are
soft and light bounces; what noise is left looks like a camera's.
"""

import dataclasses
import functools

import numpy as np

from data.people.denoising import smooth_light
from data.people.geometry import unit

MAX_DEPTH = 3
"""Of a path: light reaches a surface directly or from one other surface."""
AOVS = {"given": "shape_index", "depth": "depth", "albedo": "albedo", "normal": "sh_normal"}
"""What is asked of the first surface in a pixel."""
COVER_STEPS = 2
"""Rays on a side of a pixel that find out how much of it a person covers."""


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
    """Mitsuba, ready for rendering with one thread: processes are what runs in parallel.

    In a process that imports TensorFlow too, Mitsuba must come first, or the process aborts when
    it ends; no program of this project needs both.
    """
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
    library = mitsuba()
    pixels = np.ascontiguousarray(pixels if pixels.ndim == 3 else pixels[..., None], "float32")
    return {"type": "bitmap", "bitmap": library.Bitmap(pixels), "raw": True, **options}


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
    inner = {
        "type": "principled",
        "base_color": colour,
        "roughness": float(roughness),
        "specular": float(specular),
        **options,
    }
    return {"type": "twosided", "bsdf": inner}


def bumped(inner: dict, heights: np.ndarray) -> dict:
    """A material with a relief: float array (H, W) of metres over the texture coordinates."""
    two_sided = {"type": "bumpmap", "relief": bitmap(heights), "bsdf": inner["bsdf"]}
    return {"type": "twosided", "bsdf": two_sided}


def _shape(mesh, name):
    library = mitsuba()
    properties = library.Properties()
    ready = mesh.material
    properties["bsdf"] = material(ready) if isinstance(ready, dict) else ready
    made = library.Mesh(
        name,
        len(mesh.points),
        len(mesh.faces),
        has_vertex_normals=mesh.normals is not None,
        has_vertex_texcoords=mesh.texcoords is not None,
        props=properties,
    )
    if mesh.colours is not None:
        made.add_attribute("vertex_color", 3, _flat(mesh.colours))
    fields = library.traverse(made)
    fields["vertex_positions"] = _flat(mesh.points)
    fields["faces"] = np.ascontiguousarray(mesh.faces, "uint32").ravel()
    if mesh.normals is not None:
        fields["vertex_normals"] = _flat(mesh.normals)
    if mesh.texcoords is not None:
        fields["vertex_texcoords"] = _flat(mesh.texcoords)
    fields.update()
    return made


def _flat(array):
    return np.ascontiguousarray(array, "float32").ravel()


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

    @property
    def axes(self) -> np.ndarray:
        """The picture's right and down and the way into it, in columns (3, 3)."""
        forward = unit(self.target - self.eye)
        right = unit(np.cross(forward, (0, 1, 0)))
        return np.stack([right, np.cross(forward, right), forward], axis=1)

    @property
    def breadth(self) -> float:
        """Metres that the picture shows at a distance of one metre."""
        return float(2 * np.tan(np.radians(self.angle) / 2))

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where points (..., 3) are seen, (..., 2) as shares of the picture, and their depth."""
        seen = (points - self.eye) @ self.axes
        depth = seen[..., 2]
        return 0.5 + seen[..., :2] / (depth[..., None] * self.breadth), depth


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
        self.shapes = {f"place{i}": _shape(mesh, f"place{i}") for i, mesh in enumerate(meshes)}
        sky = np.ascontiguousarray(sky, "float32")
        self.light = mitsuba().load_dict({"type": "envmap", "bitmap": mitsuba().Bitmap(sky)})

    def _scene(self, meshes):
        shapes = dict(self.shapes)
        shapes |= {f"person{i}": _shape(mesh, f"person{i}") for i, mesh in enumerate(meshes)}
        return mitsuba().load_dict({"type": "scene", "light": self.light, **shapes})

    def _sensor(self, size, window):
        library = mitsuba()
        left, top, width, height = window
        return library.load_dict(
            {
                "type": "perspective",
                "fov": float(self.view.angle),
                "to_world": library.ScalarTransform4f().look_at(
                    self.view.eye.tolist(), self.view.target.tolist(), [0, 1, 0]
                ),
                "film": {
                    "type": "hdrfilm",
                    "width": size,
                    "height": size,
                    "crop_offset_x": left,
                    "crop_offset_y": top,
                    "crop_width": width,
                    "crop_height": height,
                    "rfilter": {"type": "box"},
                    "pixel_format": "rgb",
                },
                "sampler": {"type": "multijitter"},
            }
        )

    def _run(self, scene, sensor, integrator, samples, seed):
        integrator = mitsuba().load_dict(integrator)
        picture = mitsuba().render(
            scene, sensor=sensor, integrator=integrator, seed=seed, spp=samples
        )
        return np.array(picture, "float32")

    def empty(self, samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """The place alone.

        Args:
            samples: int. Paths for every pixel.
            seed: int. Of the noise.

        Returns:
            `(light, depth)`: float array (S, S, 3), linear RGB; float array (S, S), distance from
            the camera, infinite where there is nothing.
        """
        window = (0, 0, self.size, self.size)
        light, surfaces = self._trace(self._scene([]), samples, seed, window)
        depth = surfaces["depth"][..., 0]
        return light, np.where(depth > 0, depth, np.inf)

    def cover(self, meshes: list[Mesh]) -> np.ndarray:
        """The share (S, S) of every pixel that the given meshes cover."""
        return self._surfaces(self._scene(meshes), (0, 0, self.size, self.size))["given"][..., 0]

    def trace(
        self, meshes: list[Mesh], samples: int, seed: int, window: tuple[int, int, int, int]
    ) -> tuple[np.ndarray, np.ndarray]:
        """A part of the picture of the place with a person in it.

        Args:
            meshes: The person's.
            samples: int. Paths for every pixel.
            seed: int. Of the noise.
            window: Left, top, width, height of the part.

        Returns:
            `(light, cover)`: float array (height, width, 3), linear RGB; float array (height,
            width), the share of every pixel that the given meshes cover.
        """
        light, surfaces = self._trace(self._scene(meshes), samples, seed, window)
        return light, surfaces["given"][..., 0]

    def _trace(self, scene, samples, seed, window):
        path = {"type": "path", "max_depth": MAX_DEPTH}
        light = self._run(scene, self._sensor(self.size, window), path, samples, seed)
        surfaces = self._surfaces(scene, window)
        return smooth_light(light, surfaces["albedo"], surfaces["normal"]), surfaces

    def _surfaces(self, scene, window):
        """What is seen first in every pixel: float arrays (height, width, channels) by name."""
        finer = tuple(COVER_STEPS * side for side in window)
        aovs = {"type": "aov", "aovs": ",".join(f"{name}:{kind}" for name, kind in AOVS.items())}
        sensor = self._sensor(COVER_STEPS * self.size, finer)
        found = self._run(scene, sensor, aovs, 1, 0)
        # The renderer counts shapes from one here; 0 is nothing.
        given = np.array([False, *(shape.id().startswith("person") for shape in scene.shapes())])
        found[..., :1] = given[found[..., :1].round().astype(int)]
        _, _, width, height = window
        steps = found.reshape(height, COVER_STEPS, width, COVER_STEPS, -1)
        mean = steps.mean(axis=(1, 3), dtype="float32")
        return {
            "given": mean[..., :1],
            "depth": mean[..., 1:2],
            "albedo": np.nan_to_num(mean[..., 2:5]),
            "normal": np.nan_to_num(mean[..., 5:8]),
        }
