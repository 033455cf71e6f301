"""What a test does to the studio's page, and what it finds there."""

import time

import numpy as np

SETTLED = 60_000
"""Milliseconds in which anything is there."""


def painted(page):
    page.locator("#result[aria-busy=false]").wait_for()


def pixels(page, canvas="#result"):
    """What a canvas shows, once it shows the newest."""
    painted(page)
    return page.locator(canvas).evaluate("canvas => canvas.toDataURL()")


def group(page, joint, stage="target"):
    return page.locator(f"#{stage} [data-joint='{joint}']")


def dot(page, joint, stage="target"):
    return group(page, joint, stage).locator(".dot")


def place(page, joint, stage="target"):
    """Where a joint is, in pixels of the photo."""
    moved = group(page, joint, stage).get_attribute("transform")
    return np.array(moved.removeprefix("translate(").removesuffix(")").split(), float)


def length(page, one, other):
    return np.linalg.norm(place(page, one) - place(page, other))


def drag(page, joint, by, stage="target"):
    pull(page, dot(page, joint, stage), by)


def middle(box, share=0.5):
    return box["x"] + share * box["width"], box["y"] + share * box["height"]


def pull(page, element, by, share=0.5):
    """Drags an element by its middle, or another share of its sides."""
    x, y = middle(element.bounding_box(), share)
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 6):
        page.mouse.move(x + by[0] * step / 5, y + by[1] * step / 5)
    page.mouse.up()


def wait_until(page, condition):
    deadline = time.monotonic() + SETTLED / 1000
    while not condition():
        assert time.monotonic() < deadline
        page.wait_for_timeout(20)


def wait_for_change(page, act, canvas="#result"):
    """Acts, and waits until a canvas shows something else."""
    before = pixels(page, canvas)
    act()
    wait_until(page, lambda: pixels(page, canvas) != before)


def upload(page, path):
    """Uploads a photo and waits until it is there."""
    wait_for_change(page, lambda: page.locator("#open").set_input_files(path), "#photo")


def save(page, what, path):
    """Saves the joints, the picture or a film; gives the path."""
    with page.expect_download() as download:
        page.locator(f"#save-{what}").click()
    download.value.save_as(path)
    return path


def hold_first(page, path):
    """Holds the first call of a path up; gives the list that it comes to be in."""
    held = []
    page.route(path, lambda route: route.continue_() if held else held.append(route))
    return held


def touch_and_pull(page, element, steps=(20, 40)):
    """Drags an element with a finger."""
    x, y = middle(element.bounding_box())
    session = page.context.new_cdp_session(page)
    kinds = ("touchStart", *len(steps) * ["touchMove"], "touchEnd")
    for kind, moved in zip(kinds, ([0], *([step] for step in steps), []), strict=True):
        points = [{"x": x + 0.5 * by, "y": y - by} for by in moved]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
