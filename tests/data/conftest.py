import pytest

from data.videos import read_videos


@pytest.fixture(scope="session")
def tennis(shared):
    """The published code's sample video of a tennis player."""
    (video,) = read_videos(shared / "data" / "tennis", "train")
    return video


@pytest.fixture(scope="session")
def pose_model(shared):
    """MediaPipe's networks, for tests that need their interpreter."""
    pytest.importorskip("ai_edge_litert")
    return shared / "models" / "pose_landmarker_full.task"
