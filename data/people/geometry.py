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


def euler(pitch: float = 0.0, yaw: float = 0.0, roll: float = 0.0) -> np.ndarray:
    """A rotation: roll about z first, then pitch about x, then yaw about y; radians."""
    return Rotation.from_euler("YXZ", (yaw, pitch, roll)).as_matrix()


def smoothstep(values, start: float, end: float) -> np.ndarray:
    """0 before `start`, 1 after `end`, smooth between; `start` may be the larger one."""
    share = np.clip((values - start) / (end - start), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.result_type(values, np.float32))


def triangles(quads: np.ndarray) -> np.ndarray:
    """Splits quads (Q, 4) into triangles (2 Q, 3)."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def normals(points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Unit normals (V, 3) at the vertices of triangles, weighted by the triangles' areas."""
    across = np.repeat(np.cross(*np.diff(points[faces], axis=1).swapaxes(0, 1)), 3, axis=0)
    total = [np.bincount(faces.ravel(), column, len(points)) for column in across.T]
    return unit(np.stack(total, axis=1)).astype("float32")


def edges(faces: np.ndarray) -> np.ndarray:
    """Every face's edges (F * corners, 2), the smaller vertex first."""
    return np.sort(np.stack([faces, np.roll(faces, -1, axis=1)], axis=-1).reshape(-1, 2), axis=1)


def subdivide(quads: np.ndarray, count: int, times: int = 1) -> tuple:
    """Splits every quad (Q, 4) of a mesh of `count` vertices in four, so many times.

    Returns the new quads, and the sparse matrix (new vertices, count) that interpolates at them.
    """
    matrix = scipy.sparse.identity(count, "float32", "csr")
    for _ in range(times):
        sides, inverse = np.unique(edges(quads), axis=0, return_inverse=True)
        edge = matrix.shape[0] + inverse.reshape(-1, 4)
        middle = matrix.shape[0] + len(sides) + np.arange(len(quads))
        corners = [(quads[:, i], edge[:, i], middle, edge[:, i - 1]) for i in range(4)]
        means = (sum(matrix[at] for at in group.T) / len(group.T) for group in (sides, quads))
        matrix = scipy.sparse.vstack([matrix, *means], "csr")
        quads = np.concatenate([np.stack(four, axis=1) for four in corners])
    return quads, matrix.astype("float32")


def neighbour_average(pairs: np.ndarray, count: int) -> scipy.sparse.csr_matrix:
    """The matrix (count, count) that puts a vertex, an end of pairs (P, 2), amid its neighbours."""
    rows, columns = np.concatenate([pairs, pairs[:, ::-1]]).T
    shares = (1 / np.bincount(rows, minlength=count))[rows].astype("float32")
    return scipy.sparse.csr_matrix((shares, (rows, columns)), shape=(count, count))


def clip(faces: np.ndarray, keep: np.ndarray) -> tuple[scipy.sparse.csr_matrix, np.ndarray]:
    """Cuts triangles (T, 3) along the line where `keep` (V,) is zero; what is negative goes.

    Returns the matrix (W, V) that interpolates the vertices left, and the triangles left.
    """
    faces = faces[(keep[faces] >= 0).any(axis=1)]
    # A vertex beyond the line moves to where its edges cross the line, on average.
    pairs = np.unique(edges(faces), axis=0)
    pairs = np.take_along_axis(pairs, np.argsort(keep[pairs], axis=1), axis=1)
    beyond, inside = pairs[(keep[pairs] >= 0).sum(axis=1) == 1].T
    share, count = keep[inside] / (keep[inside] - keep[beyond]), np.bincount(beyond)[beyond]
    stay = np.flatnonzero(keep >= 0)
    shares = np.concatenate([share / count, (1 - share) / count, np.ones(len(stay))])
    places = np.concatenate([beyond, beyond, stay]), np.concatenate([beyond, inside, stay])
    matrix = scipy.sparse.csr_matrix((shares.astype("float32"), places), (len(keep), len(keep)))
    used, compact = np.unique(faces, return_inverse=True)
    return matrix[used], compact.reshape(-1, 3)
