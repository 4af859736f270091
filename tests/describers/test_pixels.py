"""What the pixel describer says of pictures whose colours, patterns and layout are known by construction."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.color import rgb2lab

from relpins_resources.describers import DescribeInput, PixelDescriber, PixelStatement, get_describer
from relpins_resources.describers.color_names import COLOR_NAMES, color_family, color_name, to_lab
from relpins_resources.errors import RelpinsError

WHITE, BLACK, NAVY, RED, GREY = (255, 255, 255), (16, 16, 18), (28, 42, 80), (209, 31, 45), (144, 144, 146)
# "1": what version 1 writes for `known_pictures`; other words need another version
WRITTEN = {"1": "b69cdb8ab41e8741"}


def field(height: int, width: int, color: tuple[int, int, int] = WHITE) -> np.ndarray:
    return np.full((height, width, 3), color, dtype=np.uint8)


def stripes(height: int, width: int, period: int, *, across: bool = False) -> np.ndarray:
    image = field(height, width)
    if across:
        image[(np.arange(height) % period) < period // 2] = NAVY
    else:
        image[:, (np.arange(width) % period) < period // 2] = NAVY
    return image


def checks(height: int, width: int, side: int) -> np.ndarray:
    rows, columns = np.indices((height, width))
    return np.where((((rows // side) + (columns // side)) % 2 == 0)[..., None], WHITE, NAVY).astype(np.uint8)


def gingham(height: int, width: int, side: int) -> np.ndarray:
    rows, columns = np.indices((height, width)) // side % 2
    levels = np.array([WHITE, (141, 148, 167), NAVY])
    return levels[rows + columns].astype(np.uint8)


def dots(height: int, width: int, period: int) -> np.ndarray:
    rows, columns = np.indices((height, width))
    y, x = rows % period - period / 2 + 0.5, columns % period - period / 2 + 0.5
    return np.where((x**2 + y**2 <= (0.28 * period) ** 2)[..., None], NAVY, WHITE).astype(np.uint8)


def product(color: tuple[int, int, int] = RED, ground: tuple[int, int, int] = WHITE) -> np.ndarray:
    """A 40 x 30 block in the middle of 80 x 60: a quarter of the picture."""
    image = field(80, 60, ground)
    image[20:60, 15:45] = color
    return image


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def known_pictures() -> list[np.ndarray]:
    ramp = np.linspace(0, 255, 90).astype(np.uint8)
    return [
        field(1, 1),
        product(),
        stripes(128, 96, 12),
        checks(120, 120, 10),
        dots(96, 96, 12),
        noise(60, 80),
        np.dstack([np.tile(ramp, (120, 1)), np.tile(ramp[::-1], (120, 1)), np.full((120, 90), 90, np.uint8)]),
        np.vstack([field(60, 60, (133, 191, 232)), field(60, 60, (203, 180, 140))]),
    ]


def said(image: np.ndarray) -> PixelStatement:
    return PixelDescriber().describe([DescribeInput(image)])[0]


def test_lab_agrees_with_scikit_image() -> None:
    rgb = noise(20, 20)
    np.testing.assert_allclose(to_lab(rgb), rgb2lab(rgb), atol=0.02)


def test_every_name_is_the_nearest_of_its_own_colour() -> None:
    for name, (family, codes) in COLOR_NAMES.items():
        for code in codes.split():
            assert color_name(to_lab(np.array(list(bytes.fromhex(code)), dtype=np.uint8))) == name
        assert color_family(name) == family


@pytest.mark.parametrize(
    ("rgb", "family"),
    [
        ((255, 0, 0), "red"),
        ((0, 255, 0), "green"),
        ((0, 0, 255), "blue"),
        ((255, 255, 0), "yellow"),
        ((255, 165, 0), "orange"),
        ((128, 0, 128), "purple"),
        ((255, 192, 203), "pink"),
        ((139, 69, 19), "brown"),
        ((245, 245, 220), "beige"),
        ((128, 128, 128), "grey"),
        ((0, 128, 128), "teal"),
        ((0, 0, 128), "blue"),
        ((128, 128, 0), "green"),
        ((250, 250, 250), "white"),
        ((8, 8, 8), "black"),
    ],
)
def test_colours_of_the_web_have_their_family(rgb: tuple[int, int, int], family: str) -> None:
    assert color_family(said(field(9, 9, rgb)).colors[0][0]) == family


def test_shares_are_the_areas() -> None:
    image = np.hstack([field(100, 50, NAVY), field(100, 30, RED), field(100, 20, GREY)])
    assert said(image).colors == (("navy blue", 0.5), ("red", 0.3), ("grey", 0.2))


def test_shades_of_one_thing_stay_one_colour() -> None:
    shade = np.linspace(0.85, 1.0, 100)[:, None, None]
    image = (np.array(RED) * np.broadcast_to(shade, (100, 60, 1))).astype(np.uint8)
    names = [name for name, _ in said(image).colors]
    assert names[0] in {"red", "brick red"}
    assert sum(share for name, share in said(image).colors if color_family(name) == "red") >= 0.98


def test_a_product_on_white() -> None:
    statement = said(product())
    assert statement.colors == (("white", 0.75), ("red", 0.25))
    assert statement.subject_colors == (("red", 1.0),)
    assert (statement.arrangement, statement.background) == ("centred subject", "white")
    assert statement.is_symmetric
    assert statement.text == (
        "Red 100%; warm, vivid, very bright, medium contrast; smooth texture; "
        "centred subject on a plain white background; symmetrical; portrait format."
    )


def test_what_an_outline_encloses_is_the_subject() -> None:
    image = field(80, 60)
    image[20:60, 15:45] = GREY
    image[22:58, 17:43] = WHITE
    percent = 100 * 36 * 26 // (40 * 30)  # the white inside, of the block
    assert said(image).subject_colors == (("white", percent / 100), ("grey", (100 - percent) / 100))


def test_a_subject_at_the_side() -> None:
    image = field(80, 80)
    image[5:40, 5:30] = NAVY
    statement = said(image)
    assert (statement.arrangement, statement.background) == ("off-centre subject", "white")
    assert not statement.is_symmetric


def test_halves() -> None:
    sky, sand = field(60, 60, (133, 191, 232)), field(60, 60, (203, 180, 140))
    assert said(np.vstack([sky, sand])).arrangement == "upper and lower halves differ"
    assert said(np.hstack([sky, sand])).arrangement == "left and right halves differ"


def test_a_full_frame_and_a_uniform_surface() -> None:
    assert said(noise(60, 60)).arrangement == "full-frame scene"
    assert said(field(60, 60, NAVY)).arrangement == "uniform surface"
    assert said(field(60, 60, NAVY)).text == (
        "Navy blue 100%; cool, moderately saturated, very dark, low contrast; smooth texture; uniform surface; "
        "square format."
    )


@pytest.mark.parametrize("period", [8, 12, 16])
@pytest.mark.parametrize("across", [False, True])
@pytest.mark.parametrize("shape", [(110, 80), (128, 128), (400, 300)])
def test_stripes(period: int, across: bool, shape: tuple[int, int]) -> None:
    scaled = period * max(1, shape[0] // 128)
    assert said(stripes(*shape, scaled, across=across)).pattern == "striped"


def test_three_bands_are_no_stripes() -> None:
    assert said(stripes(90, 90, 40)).pattern == ""


def test_slanted_stripes() -> None:
    rows, columns = np.indices((128, 128))
    image = np.where(((rows + columns) % 16 < 8)[..., None], WHITE, NAVY).astype(np.uint8)
    assert said(image).pattern == "striped"


@pytest.mark.parametrize("side", [5, 7, 10])
def test_checks(side: int) -> None:
    assert said(checks(128, 100, side)).pattern == "checked"
    assert said(gingham(128, 100, side)).pattern == "checked"


@pytest.mark.parametrize("period", [10, 12, 16])
def test_dots(period: int) -> None:
    assert said(dots(128, 128, period)).pattern == "dotted"


def test_patterns_are_claimed_only_when_plain_to_see() -> None:
    ramp = np.linspace(0, 255, 128).astype(np.uint8)
    gradient = np.dstack([np.tile(ramp, (128, 1))] * 3)
    pictures = [noise(128, 128, seed) for seed in range(20)]
    pictures += [gradient, product(), field(128, 128), np.hstack([field(80, 40), field(80, 40, NAVY)])]
    assert [said(image).pattern for image in pictures] == [""] * len(pictures)


def test_texture_by_grain() -> None:
    grain = np.random.default_rng(0).integers(90, 166, (32, 32, 1), dtype=np.uint8).repeat(3, axis=2)
    fine = np.random.default_rng(0).integers(90, 166, (128, 128, 1), dtype=np.uint8).repeat(3, axis=2)
    assert said(fine).texture == "fine"
    assert said(grain.repeat(4, axis=0).repeat(4, axis=1)).texture == "coarse"
    assert said(field(64, 64)).texture == "smooth"


@pytest.mark.parametrize(
    ("color", "brightness", "warmth", "saturation"),
    [
        (WHITE, "very bright", "neutral", "colourless"),
        (BLACK, "very dark", "neutral", "colourless"),
        ((242, 138, 34), "bright", "warm", "vivid"),
        ((42, 98, 200), "medium brightness", "cool", "vivid"),
        ((119, 119, 119), "medium brightness", "neutral", "colourless"),
        ((150, 140, 125), "medium brightness", "warm", "muted"),
    ],
)
def test_words_for_tones(color: tuple[int, int, int], brightness: str, warmth: str, saturation: str) -> None:
    statement = said(field(20, 20, color))
    assert statement.brightness.word == brightness
    assert statement.warmth.word == warmth
    assert statement.saturation.word == saturation
    lightness = rgb2lab(np.array([[color]], dtype=np.uint8))[0, 0, 0]
    assert statement.brightness.value == pytest.approx(lightness, abs=0.06)


def test_contrast_is_the_deviation_of_lightness() -> None:
    half = np.hstack([field(20, 20), field(20, 20, (0, 0, 0))])
    assert (said(half).contrast.value, said(half).contrast.word) == (50.0, "high contrast")
    assert said(field(20, 20)).contrast.word == "low contrast"


@pytest.mark.parametrize(
    ("shape", "word"), [((100, 40), "tall"), ((80, 60), "portrait"), ((50, 50), "square"), ((60, 90), "landscape")]
)
def test_formats(shape: tuple[int, int], word: str) -> None:
    assert said(field(*shape)).format == f"{word} format"
    assert said(field(10, 21)).format == "panoramic format"


def test_the_size_of_a_picture_does_not_change_its_colours() -> None:
    small = product()
    large = small.repeat(16, axis=0).repeat(16, axis=1)
    shares, large_shares = dict(said(small).colors), dict(said(large).colors)
    assert shares.keys() == large_shares.keys()
    assert all(abs(shares[name] - large_shares[name]) <= 0.03 for name in shares)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(
    arrays(
        np.uint8,
        st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)),
        elements=st.sampled_from([0, 1, 90, 200, 254, 255]),
        fill=st.sampled_from([0, 128, 255]),
    )
)
def test_any_picture_has_a_statement(image: np.ndarray) -> None:
    statement = said(image)
    for colors in (statement.colors, statement.subject_colors):
        assert sum(round(100 * share) for _, share in colors) <= 100
        assert all(0 < share <= 1 for _, share in colors)
        assert {name for name, _ in colors} <= COLOR_NAMES.keys()
    assert statement.text.endswith(" format.")
    assert "nan" not in statement.text
    assert len(statement.text) < 400


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (2, 2), (3, 7), (60, 80), (900, 700)])
def test_extreme_shapes(shape: tuple[int, int]) -> None:
    assert said(noise(*shape)).text
    assert said(field(*shape)).colors == (("white", 1.0),)


def test_a_statement_does_not_depend_on_its_batch() -> None:
    inputs = [DescribeInput(image, "title", "words") for image in known_pictures()]
    together = PixelDescriber().describe(inputs)
    assert together == [PixelDescriber().describe([item])[0] for item in inputs]
    assert together == PixelDescriber().describe(inputs[::-1])[::-1]
    assert together == [said(item.image) for item in inputs]
    assert PixelDescriber().describe([]) == []


def test_the_version_stands_for_the_words() -> None:
    text = "\n".join(said(image).text for image in known_pictures())
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    assert WRITTEN.get(PixelDescriber.version) == digest, f"the words changed; raise the version and note it:\n{text}"


@pytest.mark.parametrize("image", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)])
def test_what_is_no_rgb_picture_is_an_error(image: np.ndarray) -> None:
    with pytest.raises(RelpinsError, match=r"give RGB uint8 \(h, w, 3\)"):
        said(image)


def test_the_registry_names_what_it_knows() -> None:
    assert isinstance(get_describer({}), PixelDescriber)
    assert isinstance(get_describer({"backend": "pixels"}), PixelDescriber)
    with pytest.raises(
        RelpinsError, match=r"describer backend 'pixel' is unknown; known: openai_compatible, pixels, transformers"
    ):
        get_describer({"backend": "pixel"})
    with pytest.raises(RelpinsError, match="has no option colour; known: backend"):
        get_describer({"backend": "pixels", "colour": 3})
