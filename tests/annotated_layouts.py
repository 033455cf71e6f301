"""Small data sets in the layouts other than the published one, written anew."""

import json

import cv2
import numpy as np
import scipy.io
from published_layout import standing_person

from posewarp.skeleton import FULL_BODY, UPPER_BODY

FRAME_IDS = (7, 123, 2050)


def upper_body(frames=3):
    """Joints (N, 7, 2) of UPPER_BODY, pixels from 0."""
    columns = [FULL_BODY.joints.index(name) for name in UPPER_BODY.joints]
    return standing_person(frames)[:, columns]


def background(seed, height=300, width=320):
    """A picture of soft colours, others for every seed."""
    coarse = np.random.default_rng(seed).integers(0, 255, (5, 7, 3), "uint8")
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def write_frame(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    cv2.imwrite(str(path), random.integers(0, 255, (300, 320, 3), "uint8"))
    return path


def write_movie(path, images):
    """Writes RGB images as an .avi or .mp4 file of 10 frames a second."""
    kind = cv2.VideoWriter_fourcc(*{".avi": "MJPG", ".mp4": "mp4v"}[path.suffix])
    video = cv2.VideoWriter(str(path), kind, 10, images[0].shape[1::-1])
    for image in images:
        video.write(np.ascontiguousarray(image[..., ::-1]))
    video.release()


def youtube_video(name, subset=0, joints=None, frame_ids=FRAME_IDS, **fields):
    """One element of YouTube Pose's struct array; of the fields that nothing reads, the URL."""
    joints = upper_body(len(frame_ids)) if joints is None else joints
    paths = [f"/data/frames/{name}/frame_{number:06d}.jpg" for number in frame_ids]
    return {
        "url": f"https://www.youtube.com/watch?v={name}",
        "videoname": name,
        "locs": np.transpose(joints, (2, 1, 0)) + 1,
        "frameids": np.array([frame_ids], float),
        "imgPath": np.array([paths], object),
        "isYouTubeSubset": float(subset),
        **fields,
    }


def write_youtube_pose(root, videos, frames=True):
    """Writes `YouTube_Pose_dataset.mat` and the videos' frames; fields that are None are not."""
    root.mkdir(parents=True, exist_ok=True)
    names = [name for name, value in videos[0].items() if value is not None]
    data = np.empty((1, len(videos)), [(name, object) for name in names])
    for index, video in enumerate(videos):
        for name in names:
            data[0, index][name] = video[name]
    scipy.io.savemat(root / "YouTube_Pose_dataset.mat", {"data": data})
    for video in videos if frames else ():
        for number in np.ravel(video["frameids"]):
            write_frame(root / "GT_frames" / video["videoname"] / f"frame_{int(number):06d}.jpg")
    return root


def json_video(names, joints, images, boxes=None):
    """The content of a JSON annotation; NaN joints become null."""
    frames = []
    for image, pose, box in zip(images, joints, boxes or [None] * len(images), strict=True):
        points = [None if np.isnan(point).any() else point.tolist() for point in pose]
        frames.append({"image": image, "joints": dict(zip(names, points, strict=True)), "box": box})
    return {"joints": list(names), "frames": frames}


def write_json_video(root, name="walk", split="train", content=None, joints=None, names=None):
    """Writes a video of three frames, or the content, as `<split>/<name>.json`."""
    folder = root / split
    images = [f"{name}/{number}.jpg" for number in range(3)]
    for image in images:
        write_frame(folder / image)
    if content is None:
        joints = standing_person(3) if joints is None else joints
        content = json_video(names or FULL_BODY.joints, joints, images)
    path = folder / f"{name}.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def files(folder):
    """The content of all files in a folder, by their paths."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}
