"""The studio's web application: the page, and the calls that it makes.

The server keeps no more of a visitor than photos, in memory, until there are newer ones: every
call says which photo and which poses, and where the photo is gone, the page sends it again.
docs/studio.md says what it promises.
"""

import asyncio
import base64
import functools
import ipaddress
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from data.annotated_video import without_outside
from eval.studio.model import ExamplePhoto, Photos, StudioModel, encode_image, read_upload
from eval.studio.newest import Busy, NewestWins, Superseded
from eval.video_file import VideoFile
from posewarp.errors import DataError

PAGE = Path(__file__).parent / "page"
PAGE_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
HEADERS = {
    "content-security-policy": "default-src 'self'; img-src 'self' blob:; media-src blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
LARGEST_PHOTO, LARGEST_CALL = 8 * 2**20, 2**20
"""Bytes of a body."""
MOST_SECONDS = 30.0
"""In which a body has to arrive."""
MOST_WAITING = 32
"""Tabs that wait for the model."""
MOST_FRAMES = 120
"""Of an animation."""
LONGEST_TAB_NAME = 64
LEAST_FPS, MOST_FPS = 1, 60
LARGEST_GIF = 480
"""Sides of a GIF, which has no other compression to speak of."""
VIDEO_TYPES = {"gif": "image/gif", "mp4": "video/mp4"}
PICTURE_TYPES = {"jpg": "image/jpeg", "png": "image/png"}


class Refused(Exception):
    """A call that cannot be answered: an HTTP status, and what to tell."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


class Studio:
    """The calls and what they share.

    Args:
        model: StudioModel.
        examples: Photos to begin with.
    """

    def __init__(self, model: StudioModel, examples: Sequence[ExamplePhoto]):
        self._model, self._examples = model, list(examples)
        self._photos = Photos()
        self._queue = NewestWins(MOST_WAITING)

    async def describe(self, request: Request) -> Response:
        """What the page has to know of the model."""
        examples = [name for name, _ in self._examples]
        own = {"most_frames": MOST_FRAMES, "examples": examples}
        return JSONResponse({**self._model.describe(), **own})

    async def example(self, request: Request) -> Response:
        """An example's image file, in base64, and its joints."""
        number = request.path_params["number"]
        if number >= len(self._examples):
            raise Refused(404, "no such example")
        image, joints = await asyncio.to_thread(self._examples[number][1])
        return JSONResponse({"image": base64.b64encode(image).decode(), "joints": _listed(joints)})

    async def add_photo(self, request: Request) -> Response:
        """Takes a photo, and finds its people if `?find=1` and there is a pose model."""
        data = await _body(request, LARGEST_PHOTO)
        try:
            name, photo = await asyncio.to_thread(read_upload, data)
        except DataError as error:
            raise Refused(415, str(error)) from error
        self._photos.add(name, photo)
        people = []
        if request.query_params.get("find") == "1":
            find = functools.partial(self._model.find, photo)
            people = await self._compute(request, object(), find)
        height, width = photo.shape[:2]
        people = [_listed(joints) for joints in people]
        return JSONResponse({"photo": name, "width": width, "height": height, "people": people})

    async def result(self, request: Request) -> Response:
        """Paints the photo's person in the target pose."""
        call = await _call(request)
        kind = call.get("format", "jpg")
        if kind not in PICTURE_TYPES:
            raise Refused(400, f"format: expected {' or '.join(PICTURE_TYPES)}")
        paint = self._work(call, self._model.paint)
        picture = await self._compute(
            request, ("result", _tab(call)), lambda: encode_image(paint(), f".{kind}")
        )
        return Response(picture, media_type=PICTURE_TYPES[kind])

    async def panels(self, request: Request) -> Response:
        """Shows what the network made on the way."""
        call = await _call(request)
        panels = self._work(call, self._model.panels)
        picture = await self._compute(
            request, ("panels", _tab(call)), lambda: encode_image(panels(), ".png")
        )
        return Response(picture, media_type="image/png")

    async def crop(self, request: Request) -> Response:
        """One crop for all poses of an animation."""
        call = await _call(request)
        photo, source = self._photo(call), self._pose(call, "source")
        crop = self._crop(photo, source, self._poses(call))
        return JSONResponse({"crop": crop.tolist()})

    async def fit(self, request: Request) -> Response:
        """Fits the pose of someone else to the photo's person."""
        call = await _call(request)
        fitted = self._model.fit(self._pose(call, "source"), self._pose(call, "pose"))
        return JSONResponse({"joints": _listed(fitted)})

    async def animation(self, request: Request) -> Response:
        """Paints poses, one a frame, into a video file."""
        call = await _call(request)
        kind, fps = call.get("format"), call.get("fps")
        if kind not in VIDEO_TYPES:
            raise Refused(400, f"format: expected {' or '.join(VIDEO_TYPES)}")
        if not isinstance(fps, int | float) or not LEAST_FPS <= fps <= MOST_FPS:
            raise Refused(400, f"fps: expected {LEAST_FPS} to {MOST_FPS}")
        photo, source, poses = self._photo(call), self._pose(call, "source"), self._poses(call)
        # Every film is wanted: one does not take the place of another of the same tab.
        crop, asker = self._crop(photo, source, poses), object()
        # VideoFile needs a name to write to; the folder goes with its files before the answer.
        with tempfile.TemporaryDirectory(prefix="posewarp-studio-") as folder:
            path = Path(folder) / f"animation.{kind}"
            with VideoFile(path, fps) as video:
                for pose in poses:
                    paint = functools.partial(self._model.paint, photo, source, pose, crop)
                    frame = await self._compute(request, asker, paint)
                    frame = _reduced(frame, LARGEST_GIF) if kind == "gif" else frame
                    await asyncio.to_thread(video.write, frame)
            data = path.read_bytes()
        return Response(data, media_type=VIDEO_TYPES[kind])

    async def page(self, request: Request) -> Response:
        """A file of the page."""
        name = request.path_params.get("name", "index.html")
        for path in PAGE.iterdir():
            if path.name == name:
                return Response(path.read_bytes(), media_type=PAGE_TYPES[path.suffix])
        raise Refused(404, "no such page")

    async def _compute(self, request, asker, work):
        """Waits for the model; gives up when whoever asked has gone."""
        job = asyncio.ensure_future(self._queue.run(asker, work))
        gone = asyncio.ensure_future(_gone(request))
        try:
            await asyncio.wait({job, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not job.done():
                raise ClientDisconnect()
            return job.result()
        finally:
            job.cancel()
            gone.cancel()

    def _work(self, call, function):
        """A call of the model on one photo and two poses, as yet to be made."""
        photo, source, target = (
            self._photo(call),
            self._pose(call, "source"),
            self._pose(call, "target"),
        )
        crop = call.get("crop")
        if crop is not None:
            crop = _given_crop(crop)
        return functools.partial(function, photo, source, target, crop)

    def _photo(self, call):
        name = call.get("photo")
        photo = self._photos.get(name) if isinstance(name, str) else None
        if photo is None:
            raise Refused(410, "the photo is not here any more: send it again")
        return photo

    def _pose(self, call, field):
        try:
            return self._model.pose(call.get(field))
        except DataError as error:
            raise Refused(400, f"{field}: {error}") from error

    def _poses(self, call):
        poses = call.get("poses")
        if not isinstance(poses, list) or not 1 <= len(poses) <= MOST_FRAMES:
            raise Refused(400, f"poses: expected a list of 1 to {MOST_FRAMES} poses")
        try:
            return [self._model.pose(pose) for pose in poses]
        except DataError as error:
            raise Refused(400, f"poses: {error}") from error

    def _crop(self, photo, source, poses):
        return self._model.crop(source, without_outside(np.stack(poses), *photo.shape[:2]))


def make_app(model: StudioModel, examples: Sequence[ExamplePhoto], host: str) -> Callable:
    """Makes the ASGI application.

    Args:
        model: StudioModel.
        examples: Photos to begin with.
        host: str. The address that it is bound to; a name that browsers may call it by.
    """
    studio = Studio(model, examples)
    routes = [
        Route("/", studio.page),
        Route("/api/studio", studio.describe),
        Route("/api/examples/{number:int}", studio.example),
        Route("/api/photos", studio.add_photo, methods=["PUT"]),
        *(
            Route(f"/api/{name}", getattr(studio, name), methods=["POST"])
            for name in ("result", "panels", "crop", "fit", "animation")
        ),
        Route("/{name}", studio.page),
    ]
    errors = {
        Refused: lambda _, error: _error(error.status, str(error)),
        DataError: lambda _, error: _error(422, str(error)),
        Superseded: lambda *_: _error(409, "a newer call has taken its place"),
        Busy: lambda *_: _error(503, "too many are waiting for the model: try again"),
        ClientDisconnect: lambda *_: _error(499, "nobody is there to be answered"),
    }
    return _Guarded(Starlette(routes=routes, exception_handlers=errors), host)


class _Guarded:
    """Lets only the page itself call: names of other hosts and origins are refused.

    A page of another site could else reach this server through its visitor's browser: by its
    address, or by a name of its own that it points here.
    """

    def __init__(self, app, host):
        self._app, self._host = app, host.lower()

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message):
            if message["type"] == "http.response.start":
                extra = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*message.get("headers", []), *extra]}
            await send(message)

        request = Request(scope)
        host, origin = request.headers.get("host", ""), request.headers.get("origin")
        app = self._app
        if not self._is_ours(host):
            app = _error(421, "unknown host: call the studio by the address that it tells")
        elif origin is not None and origin != f"{request.url.scheme}://{host}":
            app = _error(403, "pages of other origins may not call the studio")
        try:
            await app(scope, receive, send_with_headers)
        except asyncio.CancelledError:  # by the server, which ends
            ended = _error(503, "the studio was ended")
            await ended(scope, receive, send_with_headers)

    def _is_ours(self, host):
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name in ("localhost", self._host) or _is_address(name)


def _is_address(name):
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


async def _gone(request):
    """Waits until the client has."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _body(request, most):
    """Reads a body; one that is too large to its end, or the client would not hear the answer."""

    async def read():
        parts, size = [], 0
        async for part in request.stream():
            size += len(part)
            if size > most:
                parts = []
            else:
                parts.append(part)
        return None if size > most else b"".join(parts)

    try:
        data = await asyncio.wait_for(read(), MOST_SECONDS)
    except TimeoutError as error:
        raise Refused(408, f"expected the whole call within {MOST_SECONDS:g} seconds") from error
    if data is None:
        raise Refused(413, f"expected at most {most} bytes")
    return data


async def _call(request):
    data = await _body(request, LARGEST_CALL)
    try:
        call = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"expected JSON: {error}") from error
    if not isinstance(call, dict):
        raise Refused(400, "expected a JSON object")
    return call


def _tab(call):
    tab = call.get("tab")
    if not isinstance(tab, str) or not 0 < len(tab) <= LONGEST_TAB_NAME:
        raise Refused(400, f"tab: expected a name of 1 to {LONGEST_TAB_NAME} characters")
    return tab


def _given_crop(values):
    try:
        crop = np.array(values, "float32")
    except (TypeError, ValueError):
        crop = np.zeros(0)
    if crop.shape != (2, 3) or not np.isfinite(crop).all() or min(crop[0, 0], crop[1, 1]) < 1e-3:
        raise Refused(400, "crop: expected what /api/crop gives")
    return crop


def _listed(joints):
    return [None if np.isnan(joint).any() else np.round(joint, 2).tolist() for joint in joints]


def _reduced(image, side):
    scale = side / max(image.shape[:2])
    if scale >= 1:
        return image
    height, width = (max(1, round(length * scale)) for length in image.shape[:2])
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def _error(status, message):
    return JSONResponse({"error": message}, status)
