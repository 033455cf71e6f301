"""The studio as its users have it: the program, and the page in a browser."""

import json
import os
import signal

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image
from studio_page import (
    SETTLED,
    dot,
    drag,
    group,
    hold_first,
    length,
    middle,
    painted,
    pixels,
    place,
    pull,
    save,
    touch_and_pull,
    upload,
    wait_for_change,
    wait_until,
)

from benchmarks.browser import CHROMIUM, launch
from data.samples import signing_frames
from eval.studio.rig import template
from posewarp.skeleton import FULL_BODY

WRIST, ELBOW, SHOULDER, HIP, NECK = map(
    FULL_BODY.joints.index, ("left_wrist", "left_elbow", "left_shoulder", "left_hip", "neck")
)
ARM = [limb.name for limb in FULL_BODY.limbs].index("left_upper_arm")
ELSEWHERE = "192.0.2.1"
"""An address that no computer has, which leads the browser here."""


@pytest.fixture(scope="module")
def me(tmp_path_factory):
    """A photo of a person."""
    image = next(signing_frames("D"))[0].image
    path = tmp_path_factory.mktemp("studio") / "me.png"
    cv2.imwrite(str(path), image[:, :400, ::-1])
    return path


@pytest.fixture(scope="module")
def address(program, model):
    """Of the running program; it ends as its users end it."""
    pytest.importorskip("uvicorn")
    process = program("eval.studio", "--nobrowser", model=model, port=0, background=True)
    line = process.first_line()
    assert line.endswith("the studio; Ctrl+C ends it"), process.stderr
    yield line.split(": ")[0]
    os.kill(process.pid, signal.SIGINT)
    assert process.wait().returncode == 0
    assert "Traceback" not in process.stderr


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
    ours = tuple(f"{scheme}{address}/" for scheme in ("", "blob:") for address in addresses)
    assert requests and all(url.startswith(ours) for url in requests), requests


def test_a_photos_person_follows_a_wrist_is_saved_and_survives_a_reload(open_page, me, tmp_path):
    page = open_page()
    upload(page, me)
    assert page.locator("#source-hint").inner_text().startswith("There is no pose model")
    forearm = length(page, WRIST, ELBOW)
    wait_for_change(page, lambda: drag(page, WRIST, (40, -60)))
    assert length(page, WRIST, ELBOW) == pytest.approx(forearm, rel=1e-3)
    # With Shift, and on the photo itself, a joint goes wherever it is dragged, alone.
    elbow = place(page, ELBOW)
    page.keyboard.down("Shift")
    drag(page, WRIST, (60, 20))
    page.keyboard.up("Shift")
    assert abs(length(page, WRIST, ELBOW) - forearm) > 2
    np.testing.assert_array_equal(place(page, ELBOW), elbow)
    wait_for_change(page, lambda: drag(page, WRIST, (30, 30), "source"))
    page.locator("#panels canvas[width='64']").nth(6).wait_for()

    shown, wrist = pixels(page), place(page, WRIST)
    joints = json.loads(save(page, "target", tmp_path / "joints.json").read_text())
    assert list(joints) == list(FULL_BODY.joints)
    np.testing.assert_allclose(joints["left_wrist"], wrist, atol=0.01)
    picture = save(page, "picture", tmp_path / "posed.png")
    assert cv2.imread(str(picture)).shape == (480, 400, 3)
    page.reload()
    painted(page)
    np.testing.assert_array_equal(place(page, WRIST), wrist)
    wait_until(page, lambda: pixels(page) == shown)


def test_poses_are_mirrored_reset_undone_and_moved_by_keys(open_page):
    page = open_page()
    start = place(page, WRIST)
    dot(page, WRIST).click()
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


def test_a_body_a_limb_and_a_joint_out_of_the_photo_are_dragged(open_page):
    page = open_page()
    hip, wrist = place(page, HIP), place(page, WRIST)
    pull(page, page.locator("#target .ground"), (-30, 20), share=0.03)
    assert np.linalg.norm(place(page, HIP) - hip) > 10
    np.testing.assert_allclose(place(page, HIP) - hip, place(page, WRIST) - wrist, atol=1e-9)
    shoulder, upper_arm = place(page, SHOULDER), length(page, SHOULDER, ELBOW)
    elbow = place(page, ELBOW)
    pull(page, page.locator(f"#target [data-limb='{ARM}'] .reach"), (40, -10))
    assert np.linalg.norm(place(page, ELBOW) - elbow) > 10
    np.testing.assert_array_equal(place(page, SHOULDER), shoulder)
    np.testing.assert_allclose(length(page, SHOULDER, ELBOW), upper_arm)
    # What leaves the photo is missing there.
    drag(page, WRIST, (0, -page.locator("#source").bounding_box()["height"]), "source")
    page.locator("#source-missing").get_by_role("button", name="Add left wrist").wait_for()
    page.keyboard.press("Control+z")
    assert group(page, WRIST, "source").is_visible()


def test_key_poses_are_played_stopped_and_saved(open_page, read_film, tmp_path):
    page = open_page()
    page.locator("#seconds").fill("0.3")
    page.locator("#key").click()
    drag(page, WRIST, (-40, -50))
    page.locator("#key").click()
    painted(page)
    # A film that was stopped does not stop the next.
    held = hold_first(page, "**/api/result")
    page.locator("#play").click()
    wait_until(page, lambda: held)
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Play").click()
    held[0].fulfill(status=409, json={"error": "superseded"})
    page.locator("#progress").wait_for(state="hidden")
    assert page.locator("#play").inner_text() == "Stop"
    wait_for_change(page, lambda: None)
    page.get_by_role("button", name="Stop").click()
    # To the second pose and back, four frames each.
    for kind in ("gif", "mp4"):
        assert len(read_film(save(page, kind, tmp_path / f"out.{kind}"))[0]) == 8
    page.get_by_role("button", name="Remove key pose 1").click()
    assert page.locator("#play").is_disabled()


def test_from_another_computer_too_a_photo_that_was_dropped_is_sent_again(open_page, address):
    page = open_page(f"http://{ELSEWHERE}:{address.rpartition(':')[2]}")
    wait_for_change(page, lambda: drag(page, WRIST, (20, -40)))
    held = hold_first(page, "**/api/result")
    with page.expect_request("**/api/photos?find=0"):
        drag(page, WRIST, (-20, -40))
        wait_until(page, lambda: held)
        held[0].fulfill(status=410, json={"error": "gone"})
    painted(page)


def test_the_photo_that_was_asked_for_last_is_shown(open_page, me):
    page = open_page()
    example = pixels(page, "#photo")
    upload(page, me)
    assert page.locator("#unknown").inner_text() == "There is no pose model."
    held = hold_first(page, "**/api/photos?*")
    page.locator("#open").set_input_files(me)
    wait_until(page, lambda: held)
    page.locator("#examples li > button").first.click()
    wait_until(page, lambda: pixels(page, "#photo") == example)
    assert page.locator("#unknown").inner_text() == ""
    with page.expect_response("**/api/photos?*"):
        held[0].continue_()
    page.wait_for_timeout(300)
    assert pixels(page, "#photo") == example


def test_photos_are_upright_whatever_their_kind_and_small_people_larger(open_page, me, tmp_path):
    turned = Image.Exif()
    turned[ExifTags.Base.Orientation] = 6
    with Image.open(me) as image:
        image.save(tmp_path / "me.webp", exif=turned)
    page = open_page()
    upload(page, tmp_path / "me.webp")
    shape = page.locator("#photo").evaluate("({ width, height }) => [height, width, 3]")
    picture = save(page, "picture", tmp_path / "posed.png")
    assert list(cv2.imread(str(picture)).shape) == shape
    wide = np.pad(cv2.imread(str(me)), ((0, 0), (1200, 1200), (0, 0)))
    cv2.imwrite(str(tmp_path / "wide.png"), wide)
    upload(page, tmp_path / "wide.png")
    # Reduced to 1280 pixels a side, and shown about the person.
    box = page.locator("#target").get_attribute("viewBox").split()
    assert float(box[2]) < 400
    page.get_by_role("button", name="Zoom").click()
    assert page.locator("#target").get_attribute("viewBox").startswith("-0.5 -0.5 1280 ")
    # What is no picture is said, and changes nothing.
    before = pixels(page, "#photo")
    (tmp_path / "chapter.png").write_text("chapter 1")
    page.locator("#open").set_input_files(tmp_path / "chapter.png")
    page.get_by_text("chapter.png cannot be read as a picture.").wait_for()
    assert page.locator("#photo").evaluate("canvas => canvas.toDataURL()") == before


def test_a_click_chooses_among_people(open_page, me):
    page = open_page()
    people = [(60 * template(FULL_BODY) + (x, 200)).tolist() for x in (120, 320)]

    def find_two(route):
        found = route.fetch()
        route.fulfill(response=found, json={**found.json(), "people": people})

    page.route("**/api/photos?*", find_two)
    upload(page, me)
    assert page.locator("#unknown").inner_text() == "2 people: click the one to pose."
    np.testing.assert_allclose(place(page, WRIST, "source"), people[0][WRIST])
    box = page.locator("#source .person").nth(1).locator("line").first.bounding_box()
    wait_for_change(page, lambda: page.mouse.click(*middle(box)))
    for stage in ("source", "target"):
        np.testing.assert_allclose(place(page, WRIST, stage), people[1][WRIST])


def test_a_finger_drags_on_a_narrow_dark_screen(open_page):
    screen = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
    page = open_page(**screen, has_touch=True, is_mobile=True)
    hand, hip = place(page, WRIST), place(page, HIP)
    wrist_dot, hip_dot = dot(page, WRIST), dot(page, HIP)
    hip_dot.scroll_into_view_if_needed()
    scrolled = page.evaluate("scrollY")
    start = middle(wrist_dot.bounding_box())
    page.locator("#hold").uncheck()
    touch_and_pull(page, wrist_dot, range(5, 105, 5))
    assert np.linalg.norm(place(page, WRIST) - hand) > 5
    # The joint goes with the finger all the way, and the page stays.
    end = middle(wrist_dot.bounding_box())
    np.testing.assert_allclose(np.subtract(end, start), (50, -100), atol=2)
    assert page.evaluate("scrollY") == scrolled
    page.locator("#hold").check()
    assert page.locator("kbd:visible").count() == 0
    # While one pointer drags, another changes nothing.
    x, y = middle(wrist_dot.bounding_box())
    hand = place(page, WRIST)
    page.mouse.move(x, y)
    page.mouse.down()
    touch_and_pull(page, hip_dot)
    page.mouse.move(x - 20, y + 20)
    page.mouse.up()
    np.testing.assert_array_equal(place(page, HIP), hip)
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
    pose = 300 * template(FULL_BODY) + 200
    bones = [[FULL_BODY.joints.index(name) for name in limb.joints[:2]] for limb in FULL_BODY.limbs]

    def lengths(pose):
        return [np.linalg.norm(pose[a] - pose[b]) for a, b in bones]

    for to in ((5000, -300), (245, 250), (260, 300), (10, 10)):
        dragged, turned, midway = map(np.array, page.evaluate(BEND, [pose.tolist(), to]))
        for made in (dragged, turned, midway):
            np.testing.assert_allclose(lengths(made), lengths(pose), rtol=1e-6)
            np.testing.assert_array_equal(made[SHOULDER], pose[SHOULDER])
        reach = np.linalg.norm(np.subtract(to, pose[SHOULDER]))
        upper, lower = lengths(pose)[3:5]
        if abs(upper - lower) < reach < upper + lower:
            np.testing.assert_allclose(dragged[WRIST], to)
