"""Meshes and rotations: what bodies, clothes and hair are made of.

Points are float arrays (V, 3) in metres: x to the person's left, y up, z to the front.
Triangles are integer arrays (T, 3) that run counter-clockwise seen from outside.
"""

import numpy as np
import scipy.sparse


def unit(vectors: np.ndarray) -> np.ndarray:
    """Scales vectors (..., 3) to length one."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def rotation(axis, angle: float) -> np.ndarray:
    """The matrix (3, 3) that turns about an axis by an angle in radians."""
    x, y, z = unit(np.asarray(axis, float))
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def euler(pitch: float = 0.0, yaw: float = 0.0, roll: float = 0.0) -> np.ndarray:
    """A rotation: roll about z first, then pitch about x, then yaw about y; radians."""
    turned = rotation((0, 1, 0), yaw) @ rotation((1, 0, 0), pitch)
    return turned @ rotation((0, 0, 1), roll)


def frame(axis, hinge) -> np.ndarray:
    """An orthonormal basis (3, 3) in columns: the axis, the hinge made square, their product."""
    axis = unit(np.asarray(axis, float))
    hinge = unit(hinge - axis * (axis @ hinge))
    return np.stack([axis, hinge, np.cross(axis, hinge)], axis=1)


def between(start, end) -> np.ndarray:
    """The smallest rotation that takes one direction to another."""
    start, end = unit(np.asarray(start, float)), unit(np.asarray(end, float))
    axis = np.cross(start, end)
    sine = np.linalg.norm(axis)
    return np.eye(3) if sine < 1e-6 else rotation(axis, np.arctan2(sine, start @ end))


def smoothstep(values, start: float, end: float):
    """0 before `start`, 1 after `end`, smooth between; `start` may be the larger one."""
    share = np.clip((values - start) / (end - start), 0, 1)
    return share * share * (3 - 2 * share)


def triangles(quads: np.ndarray) -> np.ndarray:
    """Splits quads (Q, 4) into triangles (2 Q, 3)."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def normals(points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Unit normals (V, 3) of a mesh's vertices, weighted by the faces' areas."""
    corners = points[faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = [
        np.bincount(faces.ravel(), np.repeat(across[:, axis], 3), len(points)) for axis in range(3)
    ]
    return unit(np.stack(total, axis=-1)).astype("float32")


def edges(faces: np.ndarray) -> np.ndarray:
    """Every face's edges (F * corners, 2), the smaller vertex first."""
    return np.sort(np.stack([faces, np.roll(faces, -1, axis=1)], axis=-1).reshape(-1, 2), axis=1)


def subdivide(quads: np.ndarray, count: int) -> tuple[np.ndarray, scipy.sparse.csr_matrix]:
    """Splits every quad in four.

    Args:
        quads: Integer array (Q, 4).
        count: int. Vertices of the mesh.

    Returns:
        `(quads, matrix)`: the new quads, and the matrix (new vertices, count) that
        interpolates anything of the old vertices at the new ones.
    """
    found, inverse = np.unique(edges(quads), axis=0, return_inverse=True)
    middle_of_edge = count + inverse.reshape(-1, 4)
    middle_of_face = count + len(found) + np.arange(len(quads))
    corners = [
        np.stack(
            [quads[:, i], middle_of_edge[:, i], middle_of_face, middle_of_edge[:, i - 1]], axis=1
        )
        for i in range(4)
    ]
    total = count + len(found) + len(quads)
    rows = np.concatenate(
        [
            np.arange(count),
            np.repeat(count + np.arange(len(found)), 2),
            np.repeat(middle_of_face, 4),
        ]
    )
    columns = np.concatenate([np.arange(count), found.ravel(), quads.ravel()])
    shares = np.concatenate(
        [np.ones(count), np.full(2 * len(found), 0.5), np.full(4 * len(quads), 0.25)]
    )
    matrix = scipy.sparse.csr_matrix(
        (shares.astype("float32"), (rows, columns)), shape=(total, count)
    )
    return np.concatenate(corners), matrix


def neighbour_average(faces: np.ndarray, count: int) -> scipy.sparse.csr_matrix:
    """The matrix (count, count) that replaces a vertex by the mean of its neighbours."""
    pairs = np.unique(edges(faces), axis=0)
    rows, columns = np.concatenate([pairs, pairs[:, ::-1]]).T
    matrix = scipy.sparse.csr_matrix(
        (np.ones(len(rows), "float32"), (rows, columns)), shape=(count, count)
    )
    degree = np.maximum(np.asarray(matrix.sum(axis=1)).ravel(), 1)
    return (scipy.sparse.diags(1 / degree) @ matrix).tocsr().astype("float32")


def clip(faces: np.ndarray, keep: np.ndarray) -> tuple[scipy.sparse.csr_matrix, np.ndarray]:
    """Cuts a mesh along the line where a function of its vertices is zero.

    Args:
        faces: Integer array (T, 3).
        keep: Float array (V,); what is negative goes.

    Returns:
        `(matrix, faces)`: the matrix (W, V) that interpolates the vertices left, those on the
        cut included, and the triangles left.
    """
    count = len(keep)
    inside = keep >= 0
    inside_corners = inside[faces].sum(axis=1)
    whole = faces[inside_corners == 3]
    cut = faces[(inside_corners == 1) | (inside_corners == 2)]
    # Turn every cut triangle so that its odd corner comes first.
    odd_is_inside = inside[cut].sum(axis=1) == 1
    first = np.argmax(inside[cut] == odd_is_inside[:, None], axis=1)
    cut = np.take_along_axis(cut, (first[:, None] + np.arange(3)) % 3, axis=1)
    sides = np.sort(np.concatenate([cut[:, [0, 1]], cut[:, [0, 2]]]), axis=1)
    found, inverse = np.unique(sides, axis=0, return_inverse=True)
    second, third = count + inverse.ravel().reshape(2, -1)
    tips = np.stack([cut[:, 0], second, third], axis=1)[odd_is_inside]
    rest = ~odd_is_inside
    stumps = np.concatenate(
        [
            np.stack([second, cut[:, 1], cut[:, 2]], axis=1)[rest],
            np.stack([second, cut[:, 2], third], axis=1)[rest],
        ]
    )
    low, high = keep[found[:, 0]], keep[found[:, 1]]
    share = (low / (low - high)).astype("float32")
    rows = np.concatenate([np.arange(count), np.repeat(count + np.arange(len(found)), 2)])
    columns = np.concatenate([np.arange(count), found.ravel()])
    values = np.concatenate(
        [np.ones(count, "float32"), np.stack([1 - share, share], axis=1).ravel()]
    )
    matrix = scipy.sparse.csr_matrix((values, (rows, columns)), shape=(count + len(found), count))
    used, compact = np.unique(np.concatenate([whole, tips, stumps]), return_inverse=True)
    return matrix[used], compact.reshape(-1, 3)


def boundary(faces: np.ndarray) -> np.ndarray:
    """The edges (E, 2) that only one triangle has, directed as the triangle runs."""
    directed = np.stack([faces, np.roll(faces, -1, axis=1)], axis=-1).reshape(-1, 2)
    _, index, count = np.unique(
        np.sort(directed, axis=1), axis=0, return_index=True, return_counts=True
    )
    return directed[index[count == 1]]
