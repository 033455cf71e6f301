"""The system's Chromium, which shows the studio's page to tests and timings."""

import shutil

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
"""None where it is not installed."""
ARGUMENTS = ("--no-sandbox",)
"""Root, whom containers run as, has no sandbox."""


def launch(playwright, *arguments: str):
    """Starts it without a window.

    Args:
        playwright: What `sync_playwright()` gives.
        arguments: Of its command line.
    """
    return playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *arguments])
