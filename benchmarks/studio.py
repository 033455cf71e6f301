"""How long the studio takes from a moved joint to the new picture, in a headless browser.

python -m benchmarks.studio --sizes=128,256 --widths=0.5,1

Networks are untrained ones, which take as long. It needs `pip install ".[studio]" playwright` and
a Chromium. The page's own clock is read, from the change to the decoded picture; then a joint is
dragged about for some seconds, and moved in ten tabs at once.
"""

import contextlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from absl import flags

from benchmarks.browser import CHROMIUM, launch
from benchmarks.measuring import table
from posewarp.errors import PosewarpError, UsageError
from posewarp.networks import Generator, ModelConfig
from posewarp.program import run
from posewarp.saving import save_network
from posewarp.skeleton import FULL_BODY

FLAGS = flags.FLAGS
flags.DEFINE_list("sizes", ["128", "256"], "Heights and widths of the networks' images.")
flags.DEFINE_list("widths", ["0.5", "1"], "Factors on the networks' filters.")
flags.DEFINE_integer("moves", 15, "Moves of a joint that are timed.", lower_bound=1)
flags.DEFINE_integer("tabs", 10, "Tabs that are open at once.", lower_bound=1)

FIRST = 3
"""Moves that do not count."""
SECONDS, INTERVAL = 4.0, 0.016
"""Of a drag, and between a hand's moves."""
LONGEST = 150_000
"""Milliseconds after which something is wrong."""
WRIST = FULL_BODY.joints.index("left_wrist")
JOINT = f'#target [data-joint="{WRIST}"]'
HEADER = [
    "network",
    "ms a picture",
    "slowest",
    "dragged: pictures/s",
    "last after, ms",
    "tabs: all after, s",
]


@contextlib.contextmanager
def studio(folder: Path):
    """Runs the program with a folder's network; gives the address of its page."""
    command = [sys.executable, "-m", "eval.studio", "--nobrowser", "--port=0", f"--model={folder}"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, **pipes)
    try:
        line = process.stdout.readline()
        if not line:
            raise PosewarpError(f"eval.studio did not start: {process.communicate()[1]}")
        yield line.split(": ")[0]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()


def wait(page):
    """Until the newest picture is there."""
    page.locator("#result[aria-busy=false]").wait_for()


def opened(browser, address):
    """A new tab, without the strip of inner layers, that moves the wrist when keys are pressed."""
    page = browser.new_page()
    page.set_default_timeout(LONGEST)
    page.goto(address)
    wait(page)
    page.locator("#show-panels").uncheck()
    page.locator(JOINT).focus()
    return page


def moves(page) -> list[int]:
    """Milliseconds from single moves to their pictures."""
    found = []
    for number in range(FIRST + FLAGS.moves):
        page.keyboard.press("Alt+ArrowUp" if number % 2 else "Alt+ArrowDown")
        wait(page)
        found.append(int(re.match(r"\d+(?= ms)", page.locator("#status").inner_text())[0]))
    return found[FIRST:]


def drag(page) -> tuple[float, float]:
    """Pictures a second while a hand moves, and milliseconds to the last when it has stopped."""
    pictures = []
    page.on("response", lambda response: pictures.append(1) if "result" in response.url else None)
    box = page.locator(f"{JOINT} .dot").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    begun, steps = time.monotonic(), 0
    while time.monotonic() - begun < SECONDS:
        steps += 1
        page.mouse.move(x + 1.5 * (steps % 20), y - 2.3 * (steps % 13))
        time.sleep(INTERVAL)
    rate, stopped = len(pictures) / SECONDS, time.monotonic()
    wait(page)
    last = 1e3 * (time.monotonic() - stopped)
    page.mouse.up()
    wait(page)
    return rate, last


def in_tabs(browser, address) -> float:
    """Seconds until all of many tabs, in each of which a joint moves three times, are done."""
    pages = [opened(browser, address) for _ in range(FLAGS.tabs)]
    begun = time.monotonic()
    for _ in range(3):
        for page in pages:
            page.keyboard.press("Alt+ArrowUp")
    for page in pages:
        wait(page)
        page.close()
    return time.monotonic() - begun


def main():
    """Prints the table."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise UsageError("playwright is not installed; pip install playwright") from error
    if CHROMIUM is None:
        raise UsageError("no chromium on the path; install the system's package of it")
    rows = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch(playwright)
        for size in map(int, FLAGS.sizes):
            for width in map(float, FLAGS.widths):
                network = Generator(ModelConfig(FULL_BODY, size, width))
                save_network(network, Path(folder) / "generator.keras")
                with studio(Path(folder)) as address:
                    page = opened(browser, address)
                    times = moves(page)
                    rate, last = drag(page)
                    page.close()
                    together = in_tabs(browser, address)
                figures = [f"{statistics.median(times):.0f}", f"{max(times)}", f"{rate:.1f}"]
                figures += [f"{last:.0f}", f"{together:.1f}"]
                rows.append([f"{size} px, width {width:g}", *figures])
        browser.close()
    print(table(rows, HEADER))


if __name__ == "__main__":
    run(main)
