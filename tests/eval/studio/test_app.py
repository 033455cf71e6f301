import asyncio
import functools
import http.client
import io
import json
import socket
import tempfile
import threading
import time

import cv2
import numpy as np
import pytest
from published_layout import standing_person

pytest.importorskip("starlette")
httpx = pytest.importorskip("httpx")
uvicorn = pytest.importorskip("uvicorn")

from data.images import encode_image  # noqa: E402
from eval.studio import app as studio_app  # noqa: E402
from eval.studio.app import LARGEST_PHOTO, MOST_FRAMES, make_app  # noqa: E402
from eval.studio.model import StudioModel  # noqa: E402

ADDRESS = "http://127.0.0.1:8017"
PATIENCE = 5.0
"""Seconds that a slow client is given; a quick one has to be answered in them."""
POSES = standing_person(2) + [[[0, 0]], [[20, 0]]]


class Finder:
    """Finds one pose in every photo that is not black."""

    def all_in_photo(self, photo):
        return [POSES[0]] if photo.any() else []


@pytest.fixture(scope="module")
def app(transfer_model):
    photo = np.full((64, 64, 3), 90, "uint8")
    examples = [("a person", lambda: (encode_image(photo, ".png"), POSES[0]))]
    return make_app(StudioModel(transfer_model, Finder()), examples, "127.0.0.1")


class Client:
    """Calls the application without a socket, from code that waits for the answer."""

    def __init__(self, app):
        self._loop = asyncio.new_event_loop()
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS)
        self.begin = self._client.request

    def all_at_once(self, calls):
        async def gather():
            return await asyncio.gather(*calls)

        return self._loop.run_until_complete(gather())

    def request(self, *values, **named):
        return self.all_at_once([self.begin(*values, **named)])[0]

    get = functools.partialmethod(request, "GET")
    put = functools.partialmethod(request, "PUT")
    post = functools.partialmethod(request, "POST")


@pytest.fixture(scope="module")
def client(app):
    return Client(app)


@pytest.fixture(scope="module")
def photo():
    noise = np.random.default_rng(0).integers(0, 255, (300, 320, 3), "uint8")
    return cv2.GaussianBlur(noise, (0, 0), 5)


@pytest.fixture(scope="module")
def png(photo):
    return encode_image(photo, ".png")


def listed(pose):
    return [None if np.isnan(point).any() else point for point in pose.tolist()]


@pytest.fixture
def call(client, png):
    """A call that can be answered."""
    name = client.put("/api/photos", content=png).json()["photo"]
    source, target = map(listed, POSES)
    return {"tab": "a", "photo": name, "source": source, "target": target}


def image(response):
    assert response.status_code == 200, response.text
    return cv2.imdecode(np.frombuffer(response.content, "uint8"), cv2.IMREAD_COLOR)[..., ::-1]


def refused(response, status, message):
    assert response.status_code == status, response.text
    assert message in response.json()["error"]
    return True


def test_the_result_is_what_the_model_makes(client, call, photo, transfer_model):
    made = image(client.post("/api/result", json={**call, "format": "png"}))
    expected = transfer_model.transfer(photo, *POSES)["photo"]
    np.testing.assert_array_equal(made, expected)
    small = client.post("/api/result", json=call)
    assert small.headers["content-type"] == "image/jpeg"
    assert np.abs(image(small).astype(int) - made).mean() < 3


def test_a_photos_pose_is_found_if_asked_for_and_fitted_to_the_person(client, call, png):
    black = encode_image(np.zeros((300, 320, 3), "uint8"), ".png")
    people = [listed(POSES[0])]
    for data, find, found in ((png, "", []), (png, "?find=1", people), (black, "?find=1", [])):
        answer = client.put(f"/api/photos{find}", content=data).json()
        assert [answer[name] for name in ("people", "width", "height")] == [found, 320, 300]
    stranger = {**call, "pose": listed(3 * POSES[1] + 50)}
    fitted = client.post("/api/fit", json=stranger).json()["joints"]
    np.testing.assert_allclose(np.ptp(fitted, axis=0), np.ptp(POSES[1], axis=0), rtol=0.05)


def test_films_of_one_tab_are_all_made_and_leave_no_file(
    client, call, read_film, tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    poses = [listed(POSES[0] + (step, 0)) for step in (0, 10, 20)]
    values = {**call, "poses": poses, "fps": 12}
    # One crop for all: a frame of a film is the result of a call with that crop.
    crop = client.post("/api/crop", json=values).json()["crop"]
    alone = image(client.post("/api/result", json={**call, "target": poses[1], "crop": crop}))
    films = [
        client.begin("POST", "/api/animation", json={**values, "format": kind})
        for kind in ("gif", "mp4")
    ]
    for film in client.all_at_once(films):
        assert film.status_code == 200, film.text
        frames, _ = read_film(io.BytesIO(film.content))
        assert frames.shape == (3, 300, 320, 3)
        assert (frames[0] != frames[2]).any()
        assert np.abs(alone.astype(int) - frames[1]).mean() < 3
    assert list(tmp_path.iterdir()) == []


def test_calls_are_answered_when_the_server_ends(client, call):
    async def cancelled():
        values = {**call, "poses": [call["target"]] * MOST_FRAMES, "fps": 12, "format": "gif"}
        film = asyncio.ensure_future(client.begin("POST", "/api/animation", json=values))
        await asyncio.sleep(0.1)
        film.cancel()
        return await film

    assert refused(client.all_at_once([cancelled()])[0], 503, "the studio was ended")


def test_there_are_examples_and_a_page_that_asks_for_nothing_from_elsewhere(client):
    assert client.get("/api/studio").json()["examples"] == ["a person"]
    example = client.get("/api/examples/0").json()
    assert example["joints"] == listed(POSES[0]) and example["image"].startswith("iVBOR")
    page = client.get("/")
    for name in ("studio.css", "studio.js", "icon.svg"):
        assert f'"/{name}"' in page.text
        assert client.get(f"/{name}").status_code == 200
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'self';") and "unsafe" not in policy
    for path in ("api/examples/1", "absent.js", "..%2fapp.py", "%2e%2e/app.py", "..%5capp.py"):
        assert client.get(f"/{path}").status_code == 404, path


def test_other_hosts_and_origins_are_refused(client, call):
    for host in ("127.0.0.1.evil.example", "evil.example:8017", "", "[", "a@b"):
        assert refused(client.get("/", headers={"host": host}), 421, "unknown host"), host
    for host in ("localhost:8017", "127.0.0.1", "[::1]:8017", "192.168.0.7:9"):
        assert client.get("/", headers={"host": host}).status_code == 200, host
    for origin in ("http://evil.example", "null", "https://127.0.0.1:8017", "http://127.0.0.1:1"):
        response = client.post("/api/result", json=call, headers={"origin": origin})
        assert refused(response, 403, "other origins"), origin
    assert client.post("/api/result", json=call, headers={"origin": ADDRESS}).status_code == 200


def test_what_is_no_photo_is_refused(client, png):
    large = encode_image(np.zeros((3000, 3000, 3), "uint8"), ".png")
    for data, message in (
        (b"GIF89a\1\0\1\0\0\0\0;", "expected a photo (JPEG, PNG, WEBP)"),
        (large[:99], "3000 x 3000 pixels: expected at most"),  # which the head says
        (png[:-20], "the file is cut off"),
    ):
        assert refused(client.put("/api/photos", content=data), 415, message)


def test_a_body_that_is_too_large_is_refused_in_one_piece_or_many(client):
    data = bytes(50 * 2**20)
    assert refused(client.put("/api/photos", content=data), 413, f"at most {LARGEST_PHOTO}")

    async def pieces():
        for _ in range(50):
            yield data[: 2**20]

    assert refused(client.put("/api/photos", content=pieces()), 413, "at most")
    assert refused(client.post("/api/result", content=bytes(2 * 2**20)), 413, "at most")


@pytest.mark.parametrize(
    ("path", "changed", "status", "message"),
    [
        ("result", {"photo": "0" * 64}, 410, "send it again"),
        ("result", {"photo": 3}, 410, "send it again"),
        ("result", {"tab": ""}, 400, "tab: expected a name"),
        ("result", {"tab": "a" * 100}, 400, "tab: expected a name"),
        ("result", {"source": [[1, 2]]}, 400, "source: expected a pose of 14 joints"),
        ("result", {"target": [[1e300, 0]] * 14}, 400, "target: expected a pose of 14 joints"),
        ("result", {"target": [["nan", 5]] * 14}, 422, "expected all joints of one limb"),
        ("result", {"target": [[1, {}]] * 14}, 400, "target: expected a pose"),
        ("result", {"crop": [[0, 0, 0], [0, 0, 0]]}, 400, "crop: expected"),
        ("result", {"crop": "all"}, 400, "crop: expected"),
        ("result", {"format": "exe"}, 400, "format: expected jpg or png"),
        ("result", {"format": []}, 400, "format: expected jpg or png"),
        ("animation", {"poses": [3] * (MOST_FRAMES + 1)}, 400, f"1 to {MOST_FRAMES} poses"),
        ("animation", {"poses": []}, 400, "poses: expected a list"),
        ("animation", {"poses": [3]}, 400, "poses: expected a pose"),
        ("animation", {"fps": 1000}, 400, "fps: expected"),
        ("animation", {"fps": "fast"}, 400, "fps: expected"),
        ("animation", {"format": "avi"}, 400, "format: expected"),
    ],
)
def test_calls_that_cannot_be_answered_are_told_why(client, call, path, changed, status, message):
    if path == "animation":
        call |= {"poses": [call["target"]], "fps": 12, "format": "gif"}
    assert refused(client.post(f"/api/{path}", json={**call, **changed}), status, message)


def test_what_is_no_json_object_is_refused(client):
    for content in (b"{", b"[]", b"\xff", b"[" * 100000):
        assert refused(client.post("/api/result", content=content), 400, "expected")


def test_ten_tabs_at_once_all_get_their_newest_wish(client, call):
    async def ask(tab, step):
        await asyncio.sleep(0.001 * step)
        values = {**call, "tab": str(tab), "target": listed(POSES[1] + (step, 0))}
        return (await client.begin("POST", "/api/result", json=values)).status_code

    wishes = [ask(tab, step) for tab in range(10) for step in range(6)]
    statuses = np.array(client.all_at_once(wishes)).reshape(10, 6)
    assert (statuses[:, -1] == 200).all()
    assert set(statuses.ravel()) <= {200, 409}
    assert (statuses == 409).any()


def begin_a_photo(port):
    """Sends the head of a large photo's call and three bytes of it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.putrequest("PUT", "/api/photos")
    connection.putheader("Content-Length", "1000000")
    connection.endheaders(b"\xff\xd8\xff")
    return connection


@pytest.fixture
def port(app):
    """Of a server in a thread of its own."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join(10)


def test_slow_and_broken_clients_are_answered_and_hold_up_nobody(port, png, monkeypatch):
    photos = f"http://127.0.0.1:{port}/api/photos"
    with monkeypatch.context() as patch:
        patch.setattr(studio_app, "MOST_SECONDS", PATIENCE)
        slow = [begin_a_photo(port) for _ in range(20)]
        start = time.monotonic()
        assert httpx.put(photos, content=png).status_code == 200
        assert time.monotonic() - start < PATIENCE
        slow.pop().close()
        for connection in slow:
            response = connection.getresponse()
            assert response.status == 408
            assert f"within {PATIENCE:g} seconds" in json.load(response)["error"]
            connection.close()
    # To the end of what is too large, so that the answer is heard.
    assert httpx.put(photos, content=bytes(50 * 2**20)).status_code == 413
