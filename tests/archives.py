"""Changed copies of `.keras` files, which are zip archives."""

import zipfile


def change_archive(path, change):
    """Writes an archive anew, after a function has changed its files: a dict of bytes by name."""
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w") as new:
        for name, data in members.items():
            new.writestr(name, data)
