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
import mimetypes
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from data.annotated_video import without_outside
from data.images import encode_image
from eval.studio.model import ExamplePhoto, Photos, StudioModel, read_upload
from eval.studio.newest import Busy, NewestWins, Superseded
from eval.video_file import video_file
from posewarp.errors import DataError

PAGE = Path(__file__).parent / "page"
HEADERS = {
    "content-security-policy": "default-src 'self'; img-src 'self' blob:; media-src blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
REFUSALS = {DataError: 422, Superseded: 409, Busy: 503, ClientDisconnect: 499}
"""HTTP status by error."""
LARGEST_PHOTO, LARGEST_CALL = 8 * 2**20, 2**20
"""Bytes of a body."""
MOST_SECONDS = 30.0
"""In which a body has to arrive."""
MOST_WAITING = 32
"""Tabs that wait for the model."""
MOST_FRAMES = 120
"""Frames of an animation."""
LONGEST_TAB_NAME = 64
LEAST_FPS, MOST_FPS = 1, 60
LARGEST_GIF = 480
"""Sides of a GIF, which has no other compression to speak of."""
VIDEO_TYPES = {"gif": "image/gif", "mp4": "video/mp4"}
PICTURE_TYPES = {"jpg": "image/jpeg", "png": "image/png"}

# Windows may know scripts as plain text, which browsers do not run.
mimetypes.add_type("text/javascript", ".js")


class Studio:
    """The calls and what they share: a model, photos to begin with, and those that came."""

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
            raise HTTPException(404, "no such example")
        image, joints = await asyncio.to_thread(self._examples[number][1])
        return JSONResponse({"image": base64.b64encode(image).decode(), "joints": _listed(joints)})

    async def add_photo(self, request: Request) -> Response:
        """Takes a photo, and finds its people if `?find=1` and there is a pose model."""
        data = await _body(request, LARGEST_PHOTO)
        try:
            name, photo = await asyncio.to_thread(read_upload, data)
        except DataError as error:
            raise HTTPException(415, str(error)) from error
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
        return await self._picture(request, call, self._model.paint, call.get("format", "jpg"))

    async def panels(self, request: Request) -> Response:
        """Shows what the network made on the way."""
        return await self._picture(request, await _call(request), self._model.panels, "png")

    async def _picture(self, request, call, draw, kind):
        """Draws a photo and two poses; a tab's newer call takes the place of one that waits."""
        _check_format(kind, PICTURE_TYPES)
        poses = (self._pose(call, field) for field in ("source", "target"))
        crop = None if call.get("crop") is None else _given_crop(call["crop"])
        arguments = (self._photo(call), *poses, crop)
        picture = await self._compute(
            request, (draw, _tab(call)), lambda: encode_image(draw(*arguments), f".{kind}")
        )
        return Response(picture, media_type=PICTURE_TYPES[kind])

    async def crop(self, request: Request) -> Response:
        """One crop for all poses of an animation."""
        *_, crop = self._frames(await _call(request))
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
        _check_format(kind, VIDEO_TYPES)
        if not isinstance(fps, int | float) or not LEAST_FPS <= fps <= MOST_FPS:
            raise HTTPException(400, f"fps: expected {LEAST_FPS} to {MOST_FPS}")
        photo, source, poses, crop = self._frames(call)
        # Every film is wanted: one does not take the place of another of the same tab.
        asker = object()
        # A video file needs a name; the folder goes with its files before the answer.
        with tempfile.TemporaryDirectory(prefix="posewarp-studio-") as folder:
            path = Path(folder) / f"animation.{kind}"
            with video_file(path, fps) as write:
                for pose in poses:
                    paint = functools.partial(self._model.paint, photo, source, pose, crop)
                    frame = await self._compute(request, asker, paint)
                    frame = _reduced(frame, LARGEST_GIF) if kind == "gif" else frame
                    await asyncio.to_thread(write, frame)
            data = path.read_bytes()
        return Response(data, media_type=VIDEO_TYPES[kind])

    async def _compute(self, request, asker, work):
        """Waits for the model; gives up when whoever asked has gone."""
        job = asyncio.ensure_future(self._queue.run(asker, work))
        gone = asyncio.ensure_future(_gone(request))
        try:
            await asyncio.wait({job, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not job.done():
                raise ClientDisconnect("nobody is there to be answered")
            return job.result()
        finally:
            job.cancel()
            gone.cancel()

    def _photo(self, call):
        name = call.get("photo")
        photo = self._photos.get(name) if isinstance(name, str) else None
        if photo is None:
            raise HTTPException(410, "the photo is not here any more: send it again")
        return photo

    def _pose(self, call, field):
        (pose,) = self._checked(field, [call.get(field)])
        return pose

    def _checked(self, field, poses):
        try:
            return [self._model.pose(pose) for pose in poses]
        except DataError as error:
            raise HTTPException(400, f"{field}: {error}") from error

    def _frames(self, call):
        """A film's photo, the pose in it, the poses of the frames, and one crop for all of them."""
        photo, source, poses = self._photo(call), self._pose(call, "source"), call.get("poses")
        if not isinstance(poses, list) or not 1 <= len(poses) <= MOST_FRAMES:
            raise HTTPException(400, f"poses: expected a list of 1 to {MOST_FRAMES} poses")
        poses = self._checked("poses", poses)
        inside = without_outside(np.stack(poses), *photo.shape[:2])
        return photo, source, poses, self._model.crop(source, inside)


def make_app(model: StudioModel, examples: Sequence[ExamplePhoto], host: str) -> Callable:
    """Makes the ASGI application; browsers may call it by the name of its host."""
    studio = Studio(model, examples)
    routes = [
        Route("/api/studio", studio.describe),
        Route("/api/examples/{number:int}", studio.example),
        Route("/api/photos", studio.add_photo, methods=["PUT"]),
        *(
            Route(f"/api/{name}", getattr(studio, name), methods=["POST"])
            for name in ("result", "panels", "crop", "fit", "animation")
        ),
        Mount("/", StaticFiles(directory=PAGE, html=True)),
    ]
    handlers = {kind: _answer_with(status) for kind, status in REFUSALS.items()}
    handlers[HTTPException] = lambda _, error: _error(error.status_code, error.detail)
    return _Guarded(Starlette(routes=routes, exception_handlers=handlers), host)


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
                MutableHeaders(scope=message).update(HEADERS)
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
            await _error(503, "the studio was ended")(scope, receive, send_with_headers)

    def _is_ours(self, host):
        """Whether a host is one of our names, or an address."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
            return name in ("localhost", self._host) or bool(ipaddress.ip_address(name))
        except ValueError:
            return False


def _answer_with(status):
    return lambda _, error: _error(status, str(error))


def _error(status, message):
    return JSONResponse({"error": message}, status)


async def _gone(request):
    """Waits until the client has."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _body(request, most):
    """Reads a body; one that is too large to its end, or the client would not hear the answer."""
    data, size = bytearray(), 0
    try:
        async with asyncio.timeout(MOST_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size <= most:
                    data += part
    except TimeoutError as error:
        message = f"expected the whole call within {MOST_SECONDS:g} seconds"
        raise HTTPException(408, message) from error
    if size > most:
        raise HTTPException(413, f"expected at most {most} bytes")
    return bytes(data)


async def _call(request):
    data = await _body(request, LARGEST_CALL)
    try:
        call = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, f"expected JSON: {error}") from error
    if not isinstance(call, dict):
        raise HTTPException(400, "expected a JSON object")
    return call


def _check_format(kind, types):
    if kind not in list(types):  # it may be no key at all
        raise HTTPException(400, f"format: expected {' or '.join(types)}")


def _tab(call):
    tab = call.get("tab")
    if not isinstance(tab, str) or not 0 < len(tab) <= LONGEST_TAB_NAME:
        raise HTTPException(400, f"tab: expected a name of 1 to {LONGEST_TAB_NAME} characters")
    return tab


def _given_crop(values):
    try:
        crop = np.array(values, "float32")
    except (TypeError, ValueError):
        crop = np.zeros(0)
    if crop.shape != (2, 3) or not np.isfinite(crop).all() or min(crop[0, 0], crop[1, 1]) < 1e-3:
        raise HTTPException(400, "crop: expected what /api/crop gives")
    return crop


def _listed(joints):
    return [None if np.isnan(joint).any() else np.round(joint, 2).tolist() for joint in joints]


def _reduced(image, side):
    scale = min(1, side / max(image.shape[:2]))
    height, width = (max(1, round(length * scale)) for length in image.shape[:2])
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
