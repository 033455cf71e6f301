"""Decodes the pose networks' outputs: boxes, landmarks, and the 14 joints."""

import cv2
import numpy as np

from posewarp.skeleton import FULL_BODY

STRIDES = (8, 16, 32, 32, 32)
"""The detector's layers have a cell for so many pixels of its input, in x and y."""
ANCHORS_PER_CELL = 2
LEAST_SCORE = 0.5
"""Detections and landmarks with a lower score are dropped."""
MOST_OVERLAP = 0.3
"""Detections with a higher intersection over union are of the same person."""
HEATMAP_REACH = 3
"""A landmark is refined within so many cells about it."""
LEAST_HEAT = 0.5

LEAST_VISIBLE, LEAST_PRESENT = 0.5, 0.5
LEFT_LANDMARKS = dict(ear=7, shoulder=11, elbow=13, wrist=15, hip=23, knee=25, ankle=27)
LANDMARK_INDEX = {
    **{f"left_{part}": index for part, index in LEFT_LANDMARKS.items()},
    **{f"right_{part}": index + 1 for part, index in LEFT_LANDMARKS.items()},
}
NECK, HEAD = 0.25, 1.85
"""Places on the line from the middle of the shoulders, 0, to that of the ears, 1. The networks
have no landmarks of neck and head top; these come closest to the published annotation."""


def anchors(size: int) -> np.ndarray:
    """The centres of the detector's anchors, (A, 2): x, y as shares of its input of a size.

    Layers of the same stride share their cells, and all anchors of a cell follow each other.
    """
    centers = []
    for stride in dict.fromkeys(STRIDES):
        cells = size // stride
        x, y = np.meshgrid(*[(np.arange(cells) + 0.5) / cells] * 2)
        cell_centers = np.stack([x.ravel(), y.ravel()], axis=1)
        centers.append(np.repeat(cell_centers, ANCHORS_PER_CELL * STRIDES.count(stride), axis=0))
    return np.concatenate(centers)


def letterbox(image: np.ndarray, size: int) -> tuple[np.ndarray, float, np.ndarray]:
    """Fits an image into the middle of a black square.

    Args:
        image: Byte array (H, W, 3).
        size: int. Height and width of the square.

    Returns:
        Byte array (size, size, 3), the factor from the image to it, and where in it the image's
        corner is, (x, y) in pixels.
    """
    scale = size / max(image.shape[:2])
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    left, top = (size - width) // 2, (size - height) // 2
    square = np.zeros((size, size, 3), "uint8")
    square[top : top + height, left : left + width] = cv2.resize(
        image, (width, height), interpolation=cv2.INTER_AREA
    )
    return square, scale, np.array([left, top])


def decode_detections(
    values: np.ndarray, centers: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Decodes the detector's output into boxes and points.

    Args:
        values: Float array (A, 12): the box's centre and four points are relative to the anchor.
        centers: Float array (A, 2), `anchors`.
        size: int. Height and width of the detector's input.

    Returns:
        Boxes, float array (A, 4) of x0, y0, x1, y1, and points, float array (A, 4, 2), all in
        pixels of the input, 0 at its corner.
    """
    pairs = values.reshape(len(values), -1, 2)
    origins = centers * size
    middles, sizes, points = pairs[:, 0] + origins, pairs[:, 1], pairs[:, 2:] + origins[:, None]
    return np.concatenate([middles - sizes / 2, middles + sizes / 2], axis=1), points


def non_maximum_suppression(boxes: np.ndarray, scores: np.ndarray) -> list[int]:
    """Keeps the one with the highest score among boxes that overlap.

    Args:
        boxes: Float array (A, 4): x0, y0, x1, y1.
        scores: Float array (A,).

    Returns:
        Indices of boxes with a score of more than `LEAST_SCORE`, the highest first.
    """
    rectangles = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    found = cv2.dnn.NMSBoxes(rectangles.tolist(), scores.tolist(), LEAST_SCORE, MOST_OVERLAP)
    return np.ravel(found).astype(int).tolist()


def refine(points: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Moves landmarks to the centre of mass of their heat maps nearby.

    Args:
        points: Float array (L, 2): x, y in cells of the heat maps.
        heat: Float array (S, S, L) in [0, 1].

    Returns:
        Float array (L, 2); a landmark stays where no cell near it has `LEAST_HEAT`.
    """
    size = heat.shape[0]
    cells = np.floor(points).astype(int)
    low, high = cells - HEATMAP_REACH, cells + HEATMAP_REACH + 1
    refined = np.array(points, "float64")
    for index, ((x0, y0), (x1, y1)) in enumerate(
        zip(low.clip(0, size), high.clip(0, size), strict=True)
    ):
        near = heat[y0:y1, x0:x1, index]
        if near.size and near.max() >= LEAST_HEAT:
            x = near.sum(axis=0) @ np.arange(x0, x1)
            y = near.sum(axis=1) @ np.arange(y0, y1)
            refined[index] = np.array([x, y]) / near.sum()
    return refined


def full_body(points: np.ndarray, visible: np.ndarray, present: np.ndarray) -> np.ndarray:
    """The 14 joints of a person's landmarks.

    The published annotation's neck and head top are no landmarks: they are placed on the line
    through the middles of the shoulders and of the ears, and seen if one of either pair is.

    Args:
        points: Float array (L, 2), L at least 29.
        visible, present: Float arrays (L,) in [0, 1].

    Returns:
        Float array (14, 2), FULL_BODY's joints; NaN where not seen.
    """
    seen = (visible >= LEAST_VISIBLE) & (present >= LEAST_PRESENT)
    place = {name: points[index] for name, index in LANDMARK_INDEX.items()}
    is_seen = {name: seen[index] for name, index in LANDMARK_INDEX.items()}
    shoulders, ears = (
        (place[f"left_{part}"] + place[f"right_{part}"]) / 2 for part in ("shoulder", "ear")
    )
    for name, along in (("neck", NECK), ("head", HEAD)):
        place[name] = shoulders + along * (ears - shoulders)
        is_seen[name] = all(
            is_seen[f"left_{part}"] or is_seen[f"right_{part}"] for part in ("shoulder", "ear")
        )
    return np.array(
        [place[name] if is_seen[name] else (np.nan, np.nan) for name in FULL_BODY.joints]
    )
