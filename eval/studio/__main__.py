"""Opens a page on this computer, in which a photo's person follows dragged joints.

python -m eval.studio

A pose model finds a photo's joints; where it cannot be had, they are dragged into place. With
--data_dir, frames of the data set are among the examples, beside the people who ship. Photos stay
on this computer, in memory. docs/studio.md says more.
"""

import contextlib
import functools
import itertools
import os
import socket
import sys
import webbrowser
from collections.abc import Callable

import numpy as np
from absl import flags, logging

from data.data_flags import read_split
from data.samples import CLIPS, signing_frames
from data.videos import Video
from eval.pose_finder import PoseFinder
from posewarp.errors import MissingSplitError, PosewarpError, UsageError
from posewarp.program import run
from posewarp.skeleton import FULL_BODY, Skeleton
from posewarp.transfer import PoseTransfer

FLAGS = flags.FLAGS
flags.DEFINE_string(
    "model",
    "auto",
    "upper_body or full_body, which ship; auto: full_body if the joints of --data_dir have legs, "
    "else upper_body; a run directory; or a .keras file.",
)
flags.DEFINE_bool("sharp", True, "Add the photo's own detail to what the network made.")
flags.DEFINE_string(
    "pose_model", None, "MediaPipe's pose_landmarker .task file; the published one by default."
)
flags.DEFINE_string("host", "127.0.0.1", "Address to listen at; others reach any but the default.")
flags.DEFINE_integer("port", 8017, "Port; 0 for a free one.", lower_bound=0, upper_bound=65535)
flags.DEFINE_bool("browser", True, "Open the page in the browser, if there is a display.")

SIGNS_AT = 12
"""Number of the signers' frame that is an example: their hands are raised."""
MOST_EXAMPLES = 8
"""Of a data set's videos."""
MOST_CONNECTIONS = 128
LAST_SECONDS = 1
"""That whoever ends the program waits for calls to be answered."""


def main():
    """Serves the page until it is interrupted."""
    try:
        import uvicorn

        from eval.studio.app import make_app
        from eval.studio.model import StudioModel
    except ImportError as error:
        raise UsageError(
            f"the package {error.name} is not installed; pip install --editable '.[studio]'"
        ) from error
    videos = example_videos()
    name = FLAGS.model
    if name == "auto":
        legs = videos and {"right_knee", "left_knee"} <= set(videos[0].joint_names)
        name = "full_body" if legs else "upper_body"
    transfer = PoseTransfer.load(name, FLAGS.sharp)
    skeleton = transfer.config.skeleton
    examples = [data_set_example(video, skeleton) for video in videos]
    examples += [signer_example(person, skeleton) for person in CLIPS]
    listener = listen(FLAGS.host, FLAGS.port)
    model = StudioModel(transfer, open_pose_finder(skeleton))
    model.warm_up()
    app = make_app(model, examples, FLAGS.host)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=LAST_SECONDS,
    )
    host = f"[{FLAGS.host}]" if ":" in FLAGS.host else FLAGS.host
    address = f"http://{host}:{listener.getsockname()[1]}"
    print(f"{address}: the studio; Ctrl+C ends it", flush=True)
    if FLAGS.browser and _has_display():
        webbrowser.open(address)
    with contextlib.suppress(KeyboardInterrupt):  # it is how the program is ended
        uvicorn.Server(config).run(sockets=[listener])


def open_pose_finder(skeleton: Skeleton) -> PoseFinder | None:
    """Opens the pose model; without --pose_model, None and a line in the log if that fails."""
    finder = PoseFinder(FLAGS.pose_model, skeleton)
    try:
        finder.open()
    except PosewarpError as error:
        if FLAGS.pose_model:
            raise
        logging.warning("joints are to be dragged into place: %s", error)
        return None
    return finder


def listen(host: str, port: int) -> socket.socket:
    """Binds a socket; UsageError where the address is unknown, or the port is taken."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        return listener
    except OSError as error:
        raise UsageError(
            f"--host={host}, --port={port}: cannot listen there: {error.strerror}; "
            "--port=0 takes a free port"
        ) from error


def example_videos() -> list[Video]:
    """Videos of the data set, if there is one: of the test split, or of the train split."""
    try:
        return read_split("test")[:MOST_EXAMPLES] if FLAGS.data_dir else []
    except MissingSplitError:
        return read_split("train")[:MOST_EXAMPLES]


def data_set_example(video: Video, skeleton: Skeleton) -> tuple[str, Callable]:
    """The middle frame of a video; DataError where it lacks joints of the skeleton."""
    middle = len(video.frames) // 2
    frame, joints = video.frames[middle], video.select(skeleton).joints[middle]
    return video.name, lambda: (frame.read_bytes(), joints)


def signer_example(person: str, skeleton: Skeleton) -> tuple[str, Callable]:
    """One of the people who ship with the project; joints that they do not have are missing."""

    @functools.cache
    def read():
        frame, joints = next(itertools.islice(signing_frames(person), SIGNS_AT, None))
        by_name = dict(zip(FULL_BODY.joints, joints, strict=True))
        joints = [by_name.get(name, (np.nan, np.nan)) for name in skeleton.joints]
        return frame.encoded()[0], np.stack(joints)

    return f"signer {person}", read


def _has_display():
    """Without one, Python would open a browser in the terminal."""
    displays = ("DISPLAY", "WAYLAND_DISPLAY")
    return not sys.platform.startswith("linux") or any(map(os.environ.get, displays))


if __name__ == "__main__":
    run(main)
