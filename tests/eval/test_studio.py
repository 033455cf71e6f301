"""The studio as its users have it: the program, and the page in a browser."""

import json
import signal
import time

import av
import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image

from benchmarks.browser import CHROMIUM, launch
from data.puppet_rendering import render_video
from posewarp.networks import Generator, ModelConfig, save_network
from posewarp.skeleton import FULL_BODY

WRIST, ELBOW, SHOULDER = (
    FULL_BODY.joints.index(f"left_{name}") for name in ("wrist", "elbow", "shoulder")
)
NECK, HIP, KNEE = (FULL_BODY.joints.index(name) for name in ("neck", "left_hip", "left_knee"))
LEG = [limb.name for limb in FULL_BODY.limbs].index("left_upper_leg")
ELSEWHERE = "192.0.2.1"
"""An address that no computer has, which leads the browser here."""
SETTLED = 60_000
"""Milliseconds in which anything is there."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("studio")
    save_network(Generator(ModelConfig(FULL_BODY, 64, width=0.1)), folder / "generator.keras")
    ((image, _, _),) = render_video(np.random.default_rng(5), 1, 400)
    cv2.imwrite(str(folder / "me.png"), image[:, 50:, ::-1])
    (folder / "chapter.png").write_text("chapter 1")
    return folder


@pytest.fixture(scope="module")
def address(program, folder):
    """Of the running program; it ends as its users end it."""
    pytest.importorskip("uvicorn")
    process = program("eval.studio", "--nobrowser", model=folder, port=0, background=True)
    line = process.first_line()
    assert line.endswith("the studio; Ctrl+C ends it"), process.stderr
    yield line.split(": ")[0]
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 0
    assert "Traceback" not in errors


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with playwright.sync_playwright() as running:
        browser = launch(running, f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1")
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, address):
    """Opens the page; in the end, nothing was amiss and nothing went elsewhere."""
    contexts, amiss, requests, addresses = [], [], [], set()

    def open_page(address=address, **options):
        addresses.add(address)
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(SETTLED)
        page.on("console", lambda message: amiss.append(message.text))
        page.on("pageerror", lambda error: amiss.append(str(error)))
        page.on("requestfailed", lambda request: amiss.append(f"{request.failure} {request.url}"))
        context.on("request", lambda request: requests.append(request.url))
        page.goto(address)
        painted(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    # What a reload interrupts is aborted; the rest the browser writes of itself.
    usual = ("ERR_ABORTED", "410 (Gone)", "409 (Conflict)", "Cross-Origin-Opener-Policy")
    assert [text for text in amiss if not any(part in text for part in usual)] == []
    assert requests
    ours = tuple(f"{scheme}{address}/" for scheme in ("", "blob:") for address in addresses)
    for url in requests:
        assert url.startswith(ours), url


def painted(page):
    page.locator("#result[aria-busy=false]").wait_for()


def pixels(page, canvas="#result"):
    """What a canvas shows, once it shows the newest."""
    painted(page)
    return page.locator(canvas).evaluate("canvas => canvas.toDataURL()")


def place(page, joint, stage="target"):
    """Where a joint is, in pixels of the photo."""
    group = page.locator(f"#{stage} [data-joint='{joint}']")
    x, y = group.get_attribute("transform").removeprefix("translate(").removesuffix(")").split()
    return np.array([float(x), float(y)])


def length(page, one, other):
    return np.linalg.norm(place(page, one) - place(page, other))


def drag(page, joint, by, stage="target"):
    pull(page, page.locator(f"#{stage} [data-joint='{joint}'] .dot"), by)


def pull(page, element, by, share=0.5):
    """Drags an element by its middle, or another share of its sides."""
    box = element.bounding_box()
    x, y = box["x"] + share * box["width"], box["y"] + share * box["height"]
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 6):
        page.mouse.move(x + by[0] * step / 5, y + by[1] * step / 5)
    page.mouse.up()


def upload(page, path):
    """Uploads a photo and waits until it is there."""
    before = pixels(page, "#photo")
    page.locator("#open").set_input_files(path)
    deadline = time.monotonic() + SETTLED / 1000
    while pixels(page, "#photo") == before:
        assert time.monotonic() < deadline
    painted(page)


def changes(page, act, canvas="#result"):
    """Whether a canvas comes to show something else."""
    before = pixels(page, canvas)
    act()
    deadline = time.monotonic() + SETTLED / 1000
    while time.monotonic() < deadline:
        if pixels(page, canvas) != before:
            return True
        time.sleep(0.05)
    return False


def test_a_photo_is_uploaded_and_its_person_follows_a_wrist(open_page, folder):
    page = open_page()
    upload(page, folder / "me.png")
    assert page.locator("#source-hint").inner_text().startswith("There is no pose model")
    lengths = length(page, WRIST, ELBOW), length(page, ELBOW, SHOULDER)
    assert changes(page, lambda: drag(page, WRIST, (40, -60)))
    held = length(page, WRIST, ELBOW), length(page, ELBOW, SHOULDER)
    np.testing.assert_allclose(held, lengths, rtol=1e-3)
    # With Shift, and on the photo itself, a joint goes wherever it is dragged, alone.
    page.keyboard.down("Shift")
    elbow = place(page, ELBOW)
    drag(page, WRIST, (60, 20))
    page.keyboard.up("Shift")
    assert abs(length(page, WRIST, ELBOW) - lengths[0]) > 2
    np.testing.assert_array_equal(place(page, ELBOW), elbow)
    assert changes(page, lambda: drag(page, WRIST, (30, 30), "source"))
    page.locator("#panels canvas[width='64']").nth(6).wait_for()


def test_poses_are_mirrored_reset_undone_and_moved_by_keys(open_page):
    page = open_page()
    start = place(page, WRIST)
    page.locator(f"#target [data-joint='{WRIST}'] .dot").click()
    assert page.locator("#undo").is_disabled()
    page.locator("#mirror").click()
    mirrored = place(page, WRIST)
    assert np.linalg.norm(mirrored - start) > 5
    page.keyboard.press("Control+z")
    np.testing.assert_array_equal(place(page, WRIST), start)
    page.keyboard.press("Control+y")
    np.testing.assert_array_equal(place(page, WRIST), mirrored)
    page.locator("#reset").click()
    np.testing.assert_array_equal(place(page, WRIST), place(page, WRIST, "source"))
    neck = page.get_by_role("group", name="other pose").get_by_role("button", name="neck")
    neck.focus()
    before = place(page, NECK)
    page.keyboard.press("Alt+ArrowRight")
    np.testing.assert_allclose(place(page, NECK) - before, [1, 0])
    page.keyboard.press("Delete")
    assert not neck.is_visible()
    page.locator("#target-missing").get_by_role("button", name="Add neck").click()
    assert neck.is_visible()
    hip, wrist = place(page, HIP), place(page, WRIST)
    pull(page, page.locator("#target .ground"), (-30, 20), share=0.03)
    assert np.linalg.norm(place(page, HIP) - hip) > 10
    np.testing.assert_allclose(place(page, HIP) - hip, place(page, WRIST) - wrist, atol=1e-9)
    hip, thigh = place(page, HIP), length(page, HIP, KNEE)
    knee = place(page, KNEE)
    pull(page, page.locator(f"#target [data-limb='{LEG}'] .reach"), (40, -10))
    assert np.linalg.norm(place(page, KNEE) - knee) > 10
    np.testing.assert_array_equal(place(page, HIP), hip)
    np.testing.assert_allclose(length(page, HIP, KNEE), thigh)


def test_joints_and_picture_are_saved_and_a_reload_loses_nothing(open_page, folder, tmp_path):
    page = open_page()
    upload(page, folder / "me.png")
    drag(page, WRIST, (40, -60))
    shown = pixels(page)
    with page.expect_download() as download:
        page.locator("#save-target").click()
    joints = json.loads(download.value.path().read_text())
    assert list(joints) == list(FULL_BODY.joints)
    np.testing.assert_allclose(joints["left_wrist"], place(page, WRIST), atol=0.01)
    with page.expect_download() as download:
        page.locator("#save-picture").click()
    download.value.save_as(tmp_path / "posed.png")
    assert cv2.imread(str(tmp_path / "posed.png")).shape == (400, 350, 3)
    wrist = place(page, WRIST)
    page.reload()
    painted(page)
    np.testing.assert_array_equal(place(page, WRIST), wrist)
    deadline = time.monotonic() + SETTLED / 1000
    while pixels(page) != shown:
        assert time.monotonic() < deadline


def test_key_poses_are_played_and_saved(open_page, tmp_path):
    page = open_page()
    page.locator("#seconds").fill("0.3")
    page.locator("#key").click()
    drag(page, WRIST, (-40, -50))
    page.locator("#key").click()
    assert changes(page, lambda: page.locator("#play").click())
    page.get_by_role("button", name="Stop").click()
    # To the second pose and back, four frames each.
    for kind in ("gif", "mp4"):
        with page.expect_download() as download:
            page.locator(f"#save-{kind}").click()
        path = tmp_path / f"out.{kind}"
        download.value.save_as(path)
        with av.open(str(path)) as container:
            assert len(list(container.decode(video=0))) == 8
    page.get_by_role("button", name="Remove key pose 1").click()
    assert page.locator("#play").is_disabled()


def test_a_photo_that_the_program_has_dropped_is_sent_again(open_page):
    page = open_page()
    answers = [410]
    page.route(
        "**/api/result",
        lambda route: (
            route.fulfill(status=answers.pop(), json={"error": "gone"})
            if answers
            else route.fallback()
        ),
    )
    with page.expect_request("**/api/photos?find=0"):
        drag(page, WRIST, (20, -40))
    painted(page)
    assert answers == []


def test_the_page_works_from_another_computer_too(open_page, address):
    port = address.rpartition(":")[2]
    page = open_page(f"http://{ELSEWHERE}:{port}")
    assert changes(page, lambda: drag(page, WRIST, (20, -40)))


def hold_first(page, path):
    """Holds the first call of a path up; gives the list that it comes to be in."""
    held = []
    page.route(path, lambda route: route.continue_() if held else held.append(route))
    return held


def wait_until(page, condition):
    deadline = time.monotonic() + SETTLED / 1000
    while not condition():
        assert time.monotonic() < deadline
        page.wait_for_timeout(20)


def test_the_photo_that_was_asked_for_last_is_shown(open_page, folder):
    page = open_page()
    example = pixels(page, "#photo")
    upload(page, folder / "me.png")
    assert page.locator("#unknown").inner_text() == "There is no pose model."
    held = hold_first(page, "**/api/photos?*")
    page.locator("#open").set_input_files(folder / "me.png")
    wait_until(page, lambda: held)
    page.locator("#examples li > button").first.click()
    wait_until(page, lambda: pixels(page, "#photo") == example)
    assert page.locator("#unknown").inner_text() == ""
    with page.expect_response("**/api/photos?*"):
        held[0].continue_()
    page.wait_for_timeout(300)
    assert pixels(page, "#photo") == example


def test_a_film_that_was_stopped_does_not_stop_the_next(open_page):
    page = open_page()
    page.locator("#seconds").fill("0.2")
    page.locator("#key").click()
    drag(page, WRIST, (-40, -50))
    page.locator("#key").click()
    painted(page)
    held = hold_first(page, "**/api/result")
    page.locator("#play").click()
    wait_until(page, lambda: held)
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Play").click()
    held[0].fulfill(status=409, json={"error": "superseded"})
    page.locator("#progress").wait_for(state="hidden")
    assert page.locator("#play").inner_text() == "Stop"
    assert changes(page, lambda: None)


def test_a_joint_that_is_dragged_out_of_the_photo_is_missing(open_page):
    page = open_page()
    drag(page, WRIST, (0, -page.locator("#source").bounding_box()["height"]), "source")
    page.locator("#source-missing").get_by_role("button", name="Add left wrist").wait_for()
    page.keyboard.press("Control+z")
    assert page.locator(f"#source [data-joint='{WRIST}']").is_visible()


def test_a_photo_is_as_its_file_turns_it_whatever_its_kind(open_page, folder, tmp_path):
    turned = Image.Exif()
    turned[ExifTags.Base.Orientation] = 6
    with Image.open(folder / "me.png") as image:
        image.save(tmp_path / "me.webp", exif=turned)
    page = open_page()
    upload(page, tmp_path / "me.webp")
    shape = page.locator("#photo").evaluate("({ width, height }) => [height, width, 3]")
    with page.expect_download() as download:
        page.locator("#save-picture").click()
    download.value.save_as(tmp_path / "posed.png")
    assert list(cv2.imread(str(tmp_path / "posed.png")).shape) == shape


def test_a_small_person_is_shown_larger(open_page, folder, tmp_path):
    photo = cv2.imread(str(folder / "me.png"))
    wide = np.pad(photo, ((0, 0), (1200, 1200), (0, 0)))
    cv2.imwrite(str(tmp_path / "wide.png"), wide)
    page = open_page()
    upload(page, tmp_path / "wide.png")
    # Reduced to 1280 pixels a side, and shown about the person.
    box = page.locator("#target").get_attribute("viewBox").split()
    assert float(box[2]) < 400
    page.get_by_role("button", name="Zoom").click()
    assert page.locator("#target").get_attribute("viewBox").startswith("-0.5 -0.5 1280 ")


def test_what_is_no_picture_is_said_and_changes_nothing(open_page, folder):
    page = open_page()
    before = pixels(page, "#photo")
    page.locator("#open").set_input_files(folder / "chapter.png")
    page.get_by_text("chapter.png cannot be read as a picture.").wait_for()
    assert page.locator("#photo").evaluate("canvas => canvas.toDataURL()") == before


def middle(element):
    box = element.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def touch_and_pull(page, element):
    """Drags an element with a finger."""
    x, y = middle(element)
    session = page.context.new_cdp_session(page)
    for kind, moved in (
        ("touchStart", [0]),
        ("touchMove", [20]),
        ("touchMove", [40]),
        ("touchEnd", []),
    ):
        points = [{"x": x + 0.5 * by, "y": y - by} for by in moved]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_a_finger_drags_on_a_narrow_dark_screen(open_page):
    page = open_page(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, color_scheme="dark"
    )
    hand, knee = place(page, WRIST), place(page, KNEE)
    wrist_dot, knee_dot = (
        page.locator(f"#target [data-joint='{joint}'] .dot") for joint in (WRIST, KNEE)
    )
    knee_dot.scroll_into_view_if_needed()
    touch_and_pull(page, wrist_dot)
    assert np.linalg.norm(place(page, WRIST) - hand) > 5
    # While one pointer drags, another changes nothing.
    x, y = middle(wrist_dot)
    hand = place(page, WRIST)
    page.mouse.move(x, y)
    page.mouse.down()
    touch_and_pull(page, knee_dot)
    page.mouse.move(x - 20, y + 20)
    page.mouse.up()
    np.testing.assert_array_equal(place(page, KNEE), knee)
    assert np.linalg.norm(place(page, WRIST) - hand) > 5
    # Nothing sticks out: the page scrolls in one direction.
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


BEND = """async ([pose, to]) => {
  const rig = await (await fetch("/api/studio")).json();
  const { between, drag, dragLimb } = await import("/kinematics.js");
  const bent = drag(rig, pose, 7, to);
  return [bent, dragLimb(rig, pose, 0, pose[0], to), between(rig, pose, bent, 0.5)];
}"""


def test_limbs_keep_their_lengths_however_far_they_are_dragged(open_page):
    page = open_page()
    pose = np.array(
        page.evaluate("async () => (await (await fetch('/api/studio')).json()).template")
    )
    pose = 300 * pose + 200
    bones = [
        [FULL_BODY.joints.index(limb.joints[end]) for end in (0, 1)] for limb in FULL_BODY.limbs
    ]

    def lengths(pose):
        return [np.linalg.norm(pose[a] - pose[b]) for a, b in bones]

    for to in ((5000, -300), (245, 250), (260, 300), (10, 10)):
        dragged, turned, midway = map(np.array, page.evaluate(BEND, [pose.tolist(), to]))
        for made in (dragged, turned, midway):
            np.testing.assert_allclose(lengths(made), lengths(pose), rtol=1e-6)
            np.testing.assert_array_equal(made[SHOULDER], pose[SHOULDER])
        reach = np.linalg.norm(np.subtract(to, pose[SHOULDER]))
        arm = lengths(pose)[3] + lengths(pose)[4]
        if abs(lengths(pose)[3] - lengths(pose)[4]) < reach < arm:
            np.testing.assert_allclose(dragged[WRIST], to)


def test_what_is_missing_or_taken_is_one_line(program, assert_refused, address, folder):
    port = address.rpartition(":")[2]
    assert_refused(program("eval.studio"), "--model is required")
    taken = program("eval.studio", model=folder, port=port)
    assert_refused(taken, f"--port={port}: cannot listen there: Address already in use")
