"""The calls that an exported SavedModel offers, and what they refuse.

Every check is part of the graph, because a server has nothing else: what cannot be used ends in
TensorFlow's InvalidArgumentError with a message that names the tensor.
"""

import tensorflow as tf

from posewarp.transfer import PoseTransfer

MAX_SIDE, MAX_FILES = 8192, 256
MAX_PIXELS, MAX_COORDINATE = MAX_SIDE**2, 16 * MAX_SIDE
BOUNDS = {
    "largest_photo_side": MAX_SIDE,
    "most_pixels_of_a_batch": MAX_PIXELS,
    "most_files_of_a_batch": MAX_FILES,
    "largest_coordinate": MAX_COORDINATE,
}
"""By their names in `model.json`: they bound what a call can cost, and how far from a photo's
corner a joint may be; far beyond, float32 has no scale for the crop."""

JPEG = b"\xff\xd8\xff"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR"
"""A PNG file's first bytes: its header comes first, has 13 bytes, and begins with the size."""
SIZE_OF_PNG = (len(PNG), 8)
"""Where that size is: the width and the height, four bytes each."""


def serving_signatures(model: PoseTransfer) -> dict[str, tf.types.experimental.GenericFunction]:
    """The calls of a model, each a tf.function of a dict of tensors, of any batch size.

    * `serving_default`: `photo`, uint8 (B, H, W, 3), and `source_joints` and `target_joints`,
      float32 (B, J, 2), give `photo` and `crop` as `PoseTransfer` does.
    * `encoded`: `photo_bytes`, string (B,), JPEG or PNG files of any sizes, and the joints give
      `photo_bytes`, string (B,), PNG files. Photos are decoded and painted one after another.
    * `network`: the generator's five tensors give `image`, float32 (B, S, S, 3).
    """

    def serving_default(inputs):
        shape = tf.shape(inputs["photo"], tf.int64)
        photo = _of_size(inputs["photo"], shape[1:3], "photo")
        photo = _where(
            tf.reduce_prod(shape[:3]) <= MAX_PIXELS,
            photo,
            f"photo: expected at most {MAX_PIXELS} pixels in a batch, got (photos, height, width)",
            shape[:3],
        )
        return model({**_with_joints_checked(inputs), "photo": photo}, training=False)

    def encoded(inputs):
        inputs = _with_joints_checked(inputs)
        count = tf.shape(inputs["photo_bytes"])[0]
        inputs["photo_bytes"] = _where(
            count <= MAX_FILES,
            inputs["photo_bytes"],
            f"photo_bytes: expected at most {MAX_FILES} files in a batch, got",
            count,
        )

        def one(item):
            item["photo"] = _decode(item.pop("photo_bytes"))
            made = model({name: value[None] for name, value in item.items()}, training=False)
            return tf.io.encode_png(made["photo"][0])

        # One after another: memory for one photo at a time.
        made = tf.map_fn(one, inputs, fn_output_signature=tf.string, parallel_iterations=1)
        return {"photo_bytes": made}

    def network(inputs):
        for name, tensor in inputs.items():
            finite = tf.reduce_all(tf.math.is_finite(tensor))
            inputs[name] = _where(finite, tensor, f"{name}: expected finite numbers")
        return {"image": model.generator(inputs, training=False)}

    transfer = {
        name: tf.TensorSpec(spec.shape, spec.dtype, name)
        for name, spec in model.input_signature.items()
    }
    files = {"photo_bytes": tf.TensorSpec([None], tf.string, "photo_bytes"), **transfer}
    del files["photo"]
    tensors = {
        name: tf.TensorSpec((None, *tensor.shape[1:]), "float32", name)
        for name, tensor in model.generator.input.items()
    }
    return {
        "serving_default": _checked(serving_default, transfer),
        "encoded": _checked(encoded, files),
        "network": _checked(network, tensors),
    }


def _checked(function, specs):
    """A tf.function that holds its inputs to their shapes and to one batch size."""

    def checked(inputs):
        tensors = {name: _of_shape(inputs[name], spec) for name, spec in specs.items()}
        first = next(iter(specs))
        count = tf.shape(tensors[first])[0]
        tensors[first] = _where(count > 0, tensors[first], f"{first}: expected one item or more")
        for name, tensor in tensors.items():
            given = tf.shape(tensor)[0]
            tensors[name] = _where(
                given == count, tensor, f"{name}: expected as many items as {first}:", given, count
            )
        return function(tensors)

    return tf.function(checked, input_signature=[specs], autograph=False)


def _of_shape(tensor, spec):
    # A caller's tensor may have another shape than the signature says, and TensorFlow may drop
    # a check of what it takes for known; so it is made to forget what it knows.
    tensor = tf.raw_ops.PlaceholderWithDefault(
        input=tensor, shape=tf.TensorShape(None), name=f"given_{spec.name}"
    )
    return tf.ensure_shape(tensor, spec.shape)


def _where(condition, tensor, *message):
    """Passes a tensor on where a condition holds; ends the call with a message where not."""
    with tf.control_dependencies([tf.debugging.Assert(condition, message)]):
        return tf.identity(tensor)


def _with_joints_checked(inputs):
    checked = dict(inputs)
    for name in ("source_joints", "target_joints"):
        joints = inputs[name]
        missing = tf.math.is_nan(joints)
        near = missing | (tf.abs(joints) <= MAX_COORDINATE)
        far = tf.boolean_mask(joints, ~near)
        joints = _where(
            tf.reduce_all(missing[..., 0] == missing[..., 1]),
            joints,
            f"{name}: expected NaN as both coordinates of a missing joint, got one NaN alone",
        )
        checked[name] = _where(
            tf.reduce_all(near),
            joints,
            f"{name}: expected pixels within {MAX_COORDINATE} of the photo's corner, or NaN where "
            "a joint is missing, got",
            far,
        )
    return checked


def _of_size(tensor, size, name):
    """Passes on what belongs to a photo of a size (height, width) within the bounds."""
    return _where(
        tf.reduce_all((size >= 1) & (size <= MAX_SIDE)),
        tensor,
        f"{name}: expected a photo of 1 to {MAX_SIDE} pixels a side, got (height, width)",
        size,
    )


def _decode(data):
    """Decodes a JPEG or PNG file to uint8 (H, W, 3), its size read from its head beforehand."""
    whole = tf.strings.length(data) >= sum(SIZE_OF_PNG)
    data = _where(whole, data, "photo_bytes: expected a JPEG or PNG file, got too few bytes")
    is_jpeg, is_png = (
        tf.strings.substr(data, 0, len(magic)) == tf.constant(magic) for magic in (JPEG, PNG)
    )
    # TensorFlow's decoders take each other's formats, and GIF and BMP, whatever they are called.
    data = _where(is_jpeg | is_png, data, "photo_bytes: expected a JPEG or PNG file")

    def png_shape():
        width_height = tf.strings.substr(data, *SIZE_OF_PNG)
        return tf.io.decode_raw(width_height, tf.int32, little_endian=False)[::-1]

    size = tf.cond(is_jpeg, lambda: tf.io.extract_jpeg_shape(data)[:2], png_shape)
    data = _of_size(data, size, "photo_bytes")
    photo = tf.cond(
        is_jpeg,
        lambda: tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_ACCURATE"),
        lambda: tf.io.decode_png(data, channels=3),
    )
    return tf.ensure_shape(photo, (None, None, 3))
