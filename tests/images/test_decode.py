"""decode_image on every kind of file that a catalog may hold, and on files made to break it."""

from __future__ import annotations

import hashlib
import io
import pickle
import struct
import threading
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageFile

from relpins_resources.images import ImageLimits, ImageRejected, decode_image, decode_pixels

RED, GREEN, BLUE = (220, 30, 30), (30, 200, 60), (40, 60, 220)


def picture(width: int = 60, height: int = 80, seed: int = 0) -> Image.Image:
    """A smooth random picture: it survives JPEG, and none of its mirrors looks like it."""
    noise = np.random.default_rng(seed).integers(0, 256, (5, 4, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def pixels(jpeg: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(jpeg)) as image:
        return np.asarray(image.convert("RGB"))


def rejection(data: bytes, limits: ImageLimits | None = None) -> ImageRejected:
    with pytest.raises(ImageRejected) as caught:
        decode_image(data, limits or ImageLimits())
    return caught.value


def test_a_small_jpeg_is_kept_byte_for_byte() -> None:
    data = saved(picture(), "JPEG", quality=70)
    decoded = decode_image(data)
    assert decoded.jpeg is data
    assert decoded.thumbnail is data
    assert (decoded.width, decoded.height) == (60, 80)


def test_pixel_hash_is_the_documented_digest() -> None:
    image = picture()
    raw = struct.pack("<II", 60, 80) + image.tobytes()
    assert decode_image(saved(image, "PNG")).pixel_hash == hashlib.sha256(raw).hexdigest()


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "GIF", "WEBP"])
def test_the_same_pixels_hash_alike_in_any_format(kind: str) -> None:
    image = picture().quantize(64).convert("RGB")
    options = {"lossless": True} if kind == "WEBP" else {}
    assert decode_image(saved(image, kind, **options)).pixel_hash == decode_image(saved(image, "PNG")).pixel_hash


def test_the_same_bytes_of_another_shape_hash_differently() -> None:
    wide, tall = Image.new("RGB", (2, 3), RED), Image.new("RGB", (3, 2), RED)
    assert decode_image(saved(wide, "PNG")).pixel_hash != decode_image(saved(tall, "PNG")).pixel_hash


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exif_orientation_is_undone(orientation: int, kind: str) -> None:
    upright = picture()
    inverse = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = upright if inverse is None else upright.transpose(inverse)
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(stored, kind, exif=exif, quality=95)
    decoded = decode_image(data)
    assert (decoded.width, decoded.height) == (60, 80)
    assert (decoded.jpeg is data) == (kind == "JPEG" and orientation == 1)
    error = np.abs(pixels(decoded.jpeg).astype(int) - np.asarray(upright).astype(int)).mean()
    assert error < 8, "the picture is not upright"


@pytest.mark.parametrize(
    "exif",
    [b"Exif\x00\x00", b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\xff\xff", b"Exif\x00\x00" + b"\xff" * 300, b"nonsense"],
)
def test_corrupt_exif_costs_nothing(exif: bytes) -> None:
    decoded = decode_image(saved(picture(), "JPEG", exif=exif))
    assert (decoded.width, decoded.height) == (60, 80)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_out_of_range_is_ignored(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert decode_image(saved(picture(), "JPEG", exif=exif)).width == 60


def test_transparency_is_laid_on_white() -> None:
    layer = Image.new("RGBA", (4, 2), (*RED, 255))
    layer.paste((0, 0, 0, 0), (0, 0, 2, 2))
    layer.putpixel((0, 0), (0, 0, 0, 128))
    flat = Image.new("RGB", (4, 2), RED)
    flat.paste((255, 255, 255), (0, 0, 2, 2))
    flat.putpixel((0, 0), (127, 127, 127))  # 255 * (1 - 128 / 255)
    expected = decode_image(saved(flat, "PNG")).pixel_hash
    assert decode_image(saved(layer, "PNG")).pixel_hash == expected
    assert decode_image(saved(layer, "WEBP", lossless=True, exact=True)).pixel_hash == expected


@pytest.mark.parametrize("transparency", [0, b"\x00\xff"])
def test_a_palette_with_transparency(transparency: int | bytes) -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([*GREEN, *BLUE])
    image.putpixel((1, 0), 1)
    flat = Image.new("RGB", (2, 1), (255, 255, 255))
    flat.putpixel((1, 0), BLUE)
    data = saved(image, "PNG", transparency=transparency)
    assert decode_image(data).pixel_hash == decode_image(saved(flat, "PNG")).pixel_hash


def test_a_transparent_colour_of_a_plain_png() -> None:
    image = Image.new("RGB", (2, 1), RED)
    image.putpixel((1, 0), BLUE)
    flat = Image.new("RGB", (2, 1), (255, 255, 255))
    flat.putpixel((1, 0), BLUE)
    data = saved(image, "PNG", transparency=RED)
    assert decode_image(data).pixel_hash == decode_image(saved(flat, "PNG")).pixel_hash


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_become_eight(kind: str) -> None:
    eight = np.arange(256, dtype=np.uint8).reshape(16, 16)
    sixteen = Image.fromarray(eight.astype(np.uint16) * 257)
    decoded = decode_image(saved(sixteen, kind))
    assert decoded.pixel_hash == decode_image(saved(Image.fromarray(eight), "PNG")).pixel_hash


def test_floating_point_greys() -> None:
    eight = np.arange(256, dtype=np.uint8).reshape(16, 16)
    unit = Image.fromarray((eight / 255).astype(np.float32))
    expected = decode_image(saved(Image.fromarray(eight), "PNG")).pixel_hash
    assert decode_image(saved(unit, "TIFF")).pixel_hash == expected
    assert decode_image(saved(Image.fromarray(eight.astype(np.float32)), "TIFF")).pixel_hash == expected


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "YCbCr"])
def test_every_mode_becomes_an_rgb_jpeg(mode: str) -> None:
    kind = {"LA": "PNG", "CMYK": "JPEG", "YCbCr": "JPEG"}.get(mode, "PNG")
    level = 255 if mode == "1" else 200
    source = Image.new("RGB", (40, 40), (level, level, level)).convert(mode, palette=Image.Palette.ADAPTIVE)
    decoded = decode_image(saved(source, kind))
    with Image.open(io.BytesIO(decoded.jpeg)) as stored:
        assert stored.mode == "RGB"
    assert np.abs(pixels(decoded.jpeg).astype(int) - level).max() <= 4


def test_cmyk_keeps_its_colour() -> None:
    decoded = decode_image(saved(Image.new("RGB", (16, 16), RED).convert("CMYK"), "JPEG", quality=95))
    assert np.abs(pixels(decoded.jpeg).astype(int) - np.array(RED)).max() <= 6


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_animations_give_their_first_frame(kind: str) -> None:
    frames = [Image.new("RGB", (20, 20), color) for color in (RED, GREEN, BLUE)]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    assert decode_image(data).pixel_hash == decode_image(saved(frames[0], "PNG")).pixel_hash


def test_mpo_gives_its_first_picture() -> None:
    first, second = picture(seed=1), picture(seed=2)
    data = saved(first, "MPO", save_all=True, append_images=[second], quality=95)
    assert np.abs(pixels(decode_image(data).jpeg).astype(int) - np.asarray(first).astype(int)).mean() < 8


def test_an_srgb_profile_leaves_the_file_as_it_is() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = saved(picture(), "JPEG", icc_profile=profile)
    assert decode_image(data).jpeg is data


def test_another_profile_is_applied(swapped_profile: bytes) -> None:
    """A profile whose red and blue primaries are swapped turns red into blue."""
    data = saved(Image.new("RGB", (16, 16), (255, 0, 0)), "PNG", icc_profile=swapped_profile)
    red, green, blue = pixels(decode_image(data).jpeg).mean(axis=(0, 1))
    assert blue > 240
    assert max(red, green) < 20
    photo = saved(Image.new("RGB", (16, 16), (255, 0, 0)), "JPEG", icc_profile=swapped_profile)
    assert decode_image(photo).jpeg is not photo


@pytest.fixture
def swapped_profile() -> bytes:
    raw = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    first, second = raw.index(b"rXYZ", 128), raw.index(b"bXYZ", 128)
    raw[first + 4 : first + 12], raw[second + 4 : second + 12] = (
        bytes(raw[second + 4 : second + 12]),
        bytes(raw[first + 4 : first + 12]),
    )
    return bytes(raw).replace(b"s\x00R\x00G\x00B", b"x\x00Y\x00Z\x00w").replace(b"sRGB", b"xYZb")


@pytest.mark.parametrize("profile", [b"junk", b"\x00" * 4000])
def test_a_broken_profile_is_ignored(profile: bytes) -> None:
    data = saved(picture(), "JPEG", icc_profile=profile)
    assert decode_image(data).jpeg is data


def test_large_pictures_are_bounded_and_keep_their_size_in_words() -> None:
    decoded = decode_image(saved(picture(3000, 1500), "JPEG"))
    assert (decoded.width, decoded.height) == (3000, 1500)
    assert pixels(decoded.jpeg).shape == (512, 1024, 3)
    assert pixels(decoded.thumbnail).shape == (96, 192, 3)


def test_a_needle_keeps_one_pixel() -> None:
    decoded = decode_image(saved(Image.new("RGB", (5000, 1), RED), "PNG"))
    assert pixels(decoded.jpeg).shape == (1, 1024, 3)
    assert pixels(decoded.thumbnail).shape == (1, 192, 3)


def test_progressive_and_padded_files_are_written_anew() -> None:
    progressive = saved(picture(), "JPEG", progressive=True)
    assert decode_image(progressive).jpeg is not progressive
    padded = saved(picture(), "JPEG") + b"\x00" * 200_000
    assert len(decode_image(padded).jpeg) < 20_000


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_truncated_files_are_refused(kind: str) -> None:
    data = saved(picture(200, 200), kind)
    refused = rejection(data[: len(data) // 2])
    assert refused.reason == "undecodable image"
    assert "\n" not in refused.detail


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty image"),
        (b"this is text in a file named photo.jpg", "undecodable image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "undecodable image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "undecodable image"),
        (b"\xff\xd8\xff\xe0", "undecodable image"),
        (b"\x89PNG\r\n\x1a\n", "undecodable image"),
        (b"GIF89a\x00\x00\x00\x00\x00\x00\x00", "undecodable image"),
    ],
)
def test_what_is_no_image_is_refused(data: bytes, reason: str) -> None:
    assert rejection(data).reason == reason


def test_too_many_bytes_are_not_even_opened() -> None:
    refused = rejection(b"x" * 1001, ImageLimits(max_bytes=1000))
    assert refused.reason == "image too large"
    assert refused.detail == "1,001 bytes; at most 1,000 are read"


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and has no pixels: only a reader of headers can refuse it rightly."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [8000, 10_000, 20_000, 60_000])
def test_decompression_bombs_are_refused_by_their_header(side: int) -> None:
    assert rejection(png_header(side, side)).reason == "decompression bomb"


def test_our_pixel_limit_is_a_setting() -> None:
    data = saved(picture(100, 100), "PNG")
    assert rejection(data, ImageLimits(max_pixels=9_999)).detail == "100 x 100 pixels; at most 9,999 are decoded"
    assert decode_image(data, ImageLimits(max_pixels=10_000)).width == 100


def test_a_rejection_survives_pickling() -> None:
    copy = pickle.loads(pickle.dumps(rejection(b"")))
    assert (copy.reason, copy.detail) == ("empty image", "the file has 0 bytes")


def test_nothing_global_is_left_changed() -> None:
    before = (list(warnings.filters), ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS)
    data = saved(picture(), "JPEG")
    threads = [threading.Thread(target=lambda: [decode_image(data) for _ in range(30)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rejection(b"text")
    assert (list(warnings.filters), ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS) == before


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    kind=st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"]),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=8),
    end=st.floats(0, 1),
)
def test_damaged_bytes_give_an_image_or_a_reason(kind: str, cuts: list[tuple[float, int]], end: float) -> None:
    data = bytearray(saved(picture(24, 24), kind))
    for where, value in cuts:
        data[int(where * (len(data) - 1))] = value
    damaged = bytes(data[: max(1, int(end * len(data)))])
    try:
        outcome = max(pixels(decode_image(damaged, ImageLimits(max_pixels=1_000_000)).jpeg).shape) <= 1024
    except ImageRejected as refused:
        outcome = refused.reason in {"undecodable image", "decompression bomb", "empty image"}
    assert outcome


def test_decode_pixels_bounds_without_moving_anything() -> None:
    jpeg = saved(picture(800, 400), "JPEG", quality=95)
    whole, small = decode_pixels(jpeg), decode_pixels(jpeg, 100)
    assert (whole.shape, small.shape) == ((400, 800, 3), (50, 100, 3))
    assert whole.dtype == small.dtype == np.uint8
    reduced = Image.fromarray(whole).resize((100, 50), Image.Resampling.LANCZOS)
    assert np.abs(small.astype(int) - np.asarray(reduced).astype(int)).mean() < 2
    assert np.array_equal(small, decode_pixels(jpeg, 100))
    assert decode_pixels(saved(picture(10, 20), "JPEG"), 100).shape == (20, 10, 3)


def test_decode_pixels_refuses_broken_bytes() -> None:
    with pytest.raises(ImageRejected, match="undecodable"):
        decode_pixels(saved(picture(200, 200), "JPEG")[:300])
