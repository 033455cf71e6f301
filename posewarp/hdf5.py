"""Arrays of HDF5 files that come from elsewhere: checked before a byte of memory is theirs."""

import math

import h5py

from posewarp.errors import ModelError


def check_arrays(file: h5py.Group, largest: int) -> dict[str, h5py.Dataset]:
    """Finds all arrays of a file, and checks what it would take to read them.

    Args:
        file: The open file.
        largest: int. Bytes that the arrays may take together.

    Returns:
        The arrays by their paths in the file, none of them read.

    Raises:
        ModelError: They take more; one holds no numbers, or has them in another file, or in a
            chunk larger than itself: chunks are compressed, and a small one may ask for any memory.
    """
    paths, arrays, taken = [], {}, 0
    file.visit_links(paths.append)
    for path in paths:
        if not isinstance(file.get(path, getlink=True), h5py.HardLink):  # it may lead out
            raise ModelError(f"{path}: expected numbers in the file, got a link")
        array = file[path]
        if not isinstance(array, h5py.Dataset):
            continue
        if array.is_virtual or array.external:
            raise ModelError(f"{path}: expected numbers in the file, got a reference to another")
        if array.dtype.kind not in "fiu":
            raise ModelError(f"{path}: expected numbers, got {array.dtype}")
        if math.prod(array.chunks or (0,)) > array.size:
            raise ModelError(
                f"{path}: expected {array.size} numbers, got a chunk of {array.chunks}"
            )
        taken += array.nbytes
        if taken > largest:
            raise ModelError(f"{path}: expected at most {largest} bytes of numbers in all")
        arrays[path] = array
    return arrays
