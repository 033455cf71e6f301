import numpy as np

from data.people.denoising import smooth_light


def test_grain_goes_while_patterns_and_edges_stay():
    rng = np.random.default_rng(0)
    albedo = np.full((40, 40, 3), 0.2, "float32")
    albedo[:, ::2] = 0.8
    normals = np.zeros((40, 40, 3), "float32")
    normals[:20, :, 2], normals[20:, :, 1] = 1, 1
    falling = np.where(np.arange(40) < 20, 1.0, 0.3)[:, None, None]
    clean = (falling * albedo).astype("float32")
    noisy = clean * rng.uniform(0.6, 1.4, (40, 40, 1)).astype("float32")
    smooth = smooth_light(noisy, albedo, normals)
    assert np.abs(smooth / clean - 1).mean() < 0.4 * np.abs(noisy / clean - 1).mean()
    assert np.abs((smooth / clean)[18:22].mean(axis=(1, 2)) - 1).max() < 0.1
