import numpy as np
from published_layout import write_video

from data.augment import Augmentation
from data.pairs import Pairs
from data.vgg_files import read_statistics
from data.videos import read_videos
from posewarp.networks import ModelConfig
from posewarp.perceptual import vgg19


def test_the_program_equals_two_passes_over_all_frames(succeed, tmp_path):
    write_video(tmp_path, "stroll", frames=6)
    write_video(tmp_path, "walk", frames=4)
    output = tmp_path / "statistics.mat"
    flags = {"image_size": 64, "vgg_weights": "random"}
    done = succeed("train.statistics", data_dir=tmp_path, output=output, **flags)
    assert "statistics of 10 of 10 frames" in done.stdout

    pairs = Pairs(read_videos(tmp_path, "train"), ModelConfig(image_size=64))
    frames = [(0, frame) for frame in range(6)] + [(1, frame) for frame in range(4)]
    images = [
        pairs.make(video, frame, frame, Augmentation()).source_image for video, frame in frames
    ]
    found = read_statistics(output)
    for layer, activations in enumerate(vgg19("random")(np.stack(images))):
        values = np.asarray(activations, "float64")
        np.testing.assert_allclose(found.mean[layer], values.mean((0, 1, 2)), rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(found.std[layer], values.std((0, 1, 2)), rtol=1e-6, atol=1e-6)
