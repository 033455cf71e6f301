"""Meshes and rotations: what bodies, clothes and hair are made of.

Points are float arrays (V, 3) in metres: x to the person's left, y up, z to the front.
Faces are integer arrays (F, corners) that run counter-clockwise seen from outside.
"""

import numpy as np
import scipy.sparse
from scipy.spatial.transform import Rotation


def unit(vectors: np.ndarray) -> np.ndarray:
    """Scales vectors (..., 3) to length one."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def rotation(axis, angle: float) -> np.ndarray:
    """The matrix (3, 3) that turns about an axis by an angle in radians."""
    return Rotation.from_rotvec(angle * unit(np.asarray(axis, float))).as_matrix()


def euler(pitch: float = 0.0, yaw: float = 0.0, roll: float = 0.0) -> np.ndarray:
    """A rotation: roll about z first, then pitch about x, then yaw about y; radians."""
    return Rotation.from_euler("YXZ", (yaw, pitch, roll)).as_matrix()


def frame(axis, hinge) -> np.ndarray:
    """An orthonormal basis (3, 3) in columns: the axis, the hinge made square, their product."""
    axis = unit(np.asarray(axis, float))
    hinge = unit(hinge - axis * (axis @ hinge))
    return np.stack([axis, hinge, np.cross(axis, hinge)], axis=1)


def between(start, end) -> np.ndarray:
    """The smallest rotation that takes one direction to another."""
    return Rotation.align_vectors(end, start)[0].as_matrix()


def smoothstep(values, start: float, end: float) -> np.ndarray:
    """0 before `start`, 1 after `end`, smooth between; `start` may be the larger one."""
    share = np.clip((values - start) / (end - start), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.result_type(values, np.float32))


def triangles(quads: np.ndarray) -> np.ndarray:
    """Splits quads (Q, 4) into triangles (2 Q, 3)."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def normals(points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Unit normals (V, 3) at the vertices of triangles, weighted by the triangles' areas."""
    first, second, third = points[faces].swapaxes(0, 1)
    across = np.repeat(np.cross(second - first, third - first), 3, axis=0)
    total = [np.bincount(faces.ravel(), column, len(points)) for column in across.T]
    return unit(np.stack(total, axis=1)).astype("float32")


def edges(faces: np.ndarray) -> np.ndarray:
    """Every face's edges (F * corners, 2), the smaller vertex first."""
    return np.sort(np.stack([faces, np.roll(faces, -1, axis=1)], axis=-1).reshape(-1, 2), axis=1)


def subdivide(quads: np.ndarray, count: int) -> tuple[np.ndarray, scipy.sparse.csr_matrix]:
    """Splits every quad (Q, 4) of a mesh of `count` vertices in four.

    Returns the new quads, and the matrix (new vertices, count) that interpolates anything of the
    old vertices at the new ones.
    """
    sides, inverse = np.unique(edges(quads), axis=0, return_inverse=True)
    edge = count + inverse.reshape(-1, 4)
    middle = count + len(sides) + np.arange(len(quads))
    corners = [np.stack([quads[:, i], edge[:, i], middle, edge[:, i - 1]], 1) for i in range(4)]
    averaged = np.concatenate([sides[:, [0, 0, 1, 1]], quads])
    return np.concatenate(corners), _with_means(averaged, np.ones(averaged.shape), count)


def neighbour_average(faces: np.ndarray, count: int) -> scipy.sparse.csr_matrix:
    """The matrix (count, count) that replaces a vertex by the mean of its neighbours."""
    pairs = np.unique(edges(faces), axis=0)
    rows, columns = np.concatenate([pairs, pairs[:, ::-1]]).T
    shares = (1 / np.bincount(rows, minlength=count))[rows].astype("float32")
    return scipy.sparse.csr_matrix((shares, (rows, columns)), shape=(count, count))


def clip(faces: np.ndarray, keep: np.ndarray) -> tuple[scipy.sparse.csr_matrix, np.ndarray]:
    """Cuts triangles (T, 3) along the line where `keep` (V,) is zero; what is negative goes.

    Returns the matrix (W, V) that interpolates the vertices left, those on the cut included, and
    the triangles left.
    """
    inside = keep >= 0
    corners_inside = inside[faces].sum(axis=1)
    cut = faces[(corners_inside == 1) | (corners_inside == 2)]
    # Turn every cut triangle so that the corner which is alone on its side comes first.
    alone_inside = inside[cut].sum(axis=1) == 1
    first = np.argmax(inside[cut] == alone_inside[:, None], axis=1)
    cut = np.take_along_axis(cut, (first[:, None] + np.arange(3)) % 3, axis=1)
    crossed = np.sort(np.concatenate([cut[:, [0, 1]], cut[:, [0, 2]]]), axis=1)
    crossed, inverse = np.unique(crossed, axis=0, return_inverse=True)
    second, third = len(keep) + inverse.reshape(2, -1)
    tips = np.stack([cut[:, 0], second, third], axis=1)[alone_inside]
    stumps = np.stack([second, cut[:, 1], cut[:, 2], third], axis=1)[~alone_inside]
    left = np.concatenate([faces[corners_inside == 3], tips, triangles(stumps)])
    # A vertex on the cut is nearer to the end whose value is nearer to zero.
    matrix = _with_means(crossed, np.abs(keep[crossed[:, ::-1]]), len(keep))
    used, compact = np.unique(left, return_inverse=True)
    return matrix[used], compact.reshape(-1, 3)


def _with_means(vertices, weights, count):
    """The matrix (count + G, count) that keeps all vertices and adds means of G groups (G, k)."""
    shares = (weights / weights.sum(axis=1, keepdims=True)).astype("float32")
    rows = count + np.arange(len(vertices)).repeat(vertices.shape[1])
    rows, columns = np.append(np.arange(count), rows), np.append(np.arange(count), vertices)
    values = np.append(np.ones(count, "float32"), shares)
    return scipy.sparse.csr_matrix((values, (rows, columns)), shape=(count + len(vertices), count))
