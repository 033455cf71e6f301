import cv2
import numpy as np
from annotated_layouts import background

from data.annotate.scenes import SceneCounter


def with_person(image, x):
    image = image.copy()
    image[10:, x : x + 30] = (250, 30, 60)
    return image


def numbers(images):
    counter = SceneCounter()
    return [counter.number(image) for image in images]


def test_another_background_begins_a_scene_and_who_moves_noise_and_a_little_light_do_not():
    images = [with_person(background(seed, 120, 160), 40) for seed in (0, 0, 1, 1, 0)]
    assert numbers(images) == [0, 0, 1, 1, 2]
    assert numbers(with_person(background(0, 120, 160), x) for x in range(0, 130, 10)) == [0] * 13
    random = np.random.default_rng(0)
    noisy = [background(0, 120, 160) + random.normal(5, 8, (120, 160, 3)) for _ in range(3)]
    assert numbers(np.clip(image, 0, 255).astype("uint8") for image in noisy) == [0] * 3
    for rows, scene in ((75, 0), (90, 1)):  # of 120: 5 and 6 of 8 rows of blocks
        mixed = background(0, 120, 160)
        mixed[:rows] = background(1, 120, 160)[:rows]
        assert numbers([background(0, 120, 160), mixed]) == [0, scene]


def test_a_camera_that_turns_slowly_ends_a_scene():
    wide = background(0, 120, 1600)
    found = numbers(wide[:, x : x + 160] for x in range(0, 1440, 8))
    assert found[1] == 0 and found[-1] > 0
    assert set(np.diff(found)) == {0, 1}


def test_the_tennis_video_is_one_scene(tennis):
    assert numbers(map(cv2.imread, map(str, tennis.frames))) == [0] * 8
