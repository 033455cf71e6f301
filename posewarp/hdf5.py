"""Arrays of HDF5 files that come from elsewhere: checked before a byte of memory is theirs."""

import math

import h5py

from posewarp.errors import ModelError

NUMBERS = "fiu"
"""Kinds of NumPy types."""


def check_arrays(file: h5py.Group, largest: int):
    """Checks all arrays of a file that a library is to read.

    Args:
        file: The open file.
        largest: int. Bytes that the arrays may take together.

    Raises:
        ModelError: They take more, or one is as `check_array` says, or behind a link, which may
            lead into another file.
    """
    links, arrays = [], {}  # h5py loses what is raised in its visits of links

    def collect_link(name, link):
        if not isinstance(link, h5py.HardLink):
            links.append(name)

    def collect_array(name, node):
        if isinstance(node, h5py.Dataset):
            arrays[name] = node

    file.visititems_links(collect_link)
    if links:
        raise ModelError(f"{links[0]}: expected numbers in the file, got a link")
    file.visititems(collect_array)
    taken = 0
    for name, array in arrays.items():
        check_array(name, array)
        taken += array.nbytes
        if taken > largest:
            raise ModelError(f"{name}: expected at most {largest} bytes of numbers in all")


def check_array(name: str, array: h5py.Dataset):
    """Checks an array of a file, but for its size.

    Raises:
        ModelError: It holds no numbers, or they are in another file, or in a chunk larger than
            itself: chunks are compressed, and a small one may ask for any memory.
    """
    if array.is_virtual or array.external:
        raise ModelError(f"{name}: expected numbers in the file, got a reference to another")
    if array.dtype.kind not in NUMBERS:
        raise ModelError(f"{name}: expected numbers, got {array.dtype}")
    if math.prod(array.chunks or (0,)) > array.size:
        raise ModelError(f"{name}: expected {array.size} numbers, got a chunk of {array.chunks}")
