from __future__ import annotations

import io
import os
import struct
import sys
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from visualizer.engine import pictures
from visualizer.engine.errors import UserError
from visualizer.engine.pictures import (
    MAX_PIXELS,
    PictureError,
    is_coloured,
    read_folder,
    read_picture,
    samples,
)


def encoded(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def rgb(height=4, width=6):
    """Corners that tell how it was turned: red top left, green top right, blue bottom left."""
    pixels = np.full((height, width, 3), 200, np.uint8)
    pixels[0, 0], pixels[0, -1], pixels[-1, 0] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    return pixels


def png_header(width, height):
    """A PNG that claims a size and has no pixels."""
    chunks = b"\x89PNG\r\n\x1a\n"
    body = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    for kind, content in ((b"IHDR", body), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")):
        chunks += struct.pack(">I", len(content)) + kind + content
        chunks += struct.pack(">I", zlib.crc32(kind + content))
    return chunks


def sentence_of(source):
    with pytest.raises(PictureError) as caught:
        read_picture(source)
    sentence = str(caught.value)
    assert isinstance(caught.value, UserError)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


# What it reads


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP", "GIF", "PPM", "TGA"])
def test_common_formats_keep_their_pixels(kind, tmp_path):
    options = {"lossless": True} if kind == "WEBP" else {}
    path = tmp_path / f"picture.{kind.lower()}"
    path.write_bytes(encoded(Image.fromarray(rgb()), kind, **options))
    for source in (path, str(path), path.read_bytes()):
        picture = read_picture(source)
        assert picture.dtype == np.float32
        assert not picture.flags.writeable
        np.testing.assert_array_equal(picture, (rgb() / 255).astype(np.float32))


def test_jpeg_is_read():
    picture = read_picture(encoded(Image.new("RGB", (16, 8), (200, 100, 50)), "JPEG", quality=95))
    assert picture.shape == (8, 16, 3)
    np.testing.assert_allclose(picture.mean((0, 1)) * 255, (200, 100, 50), atol=3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_turns_the_picture(orientation):
    upright = rgb()
    undo = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(undo[orientation]))
    picture = read_picture(encoded(stored, exif=exif))
    np.testing.assert_array_equal(picture, (upright / 255).astype(np.float32))


def test_damaged_exif_does_not_hide_the_picture():
    data = encoded(Image.fromarray(rgb()), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff\x01\x02")
    assert read_picture(data).shape == (4, 6, 3)


def test_grey_palette_and_bilevel_become_rgb():
    grey = np.arange(24, dtype=np.uint8).reshape(4, 6) * 10
    np.testing.assert_array_equal(
        read_picture(encoded(Image.fromarray(grey))),
        (grey / 255).astype(np.float32)[..., None].repeat(3, 2),
    )
    palette = Image.fromarray(rgb()).quantize(8)
    np.testing.assert_array_equal(
        read_picture(encoded(palette)), (np.asarray(palette.convert("RGB")) / 255).astype("f4")
    )
    bilevel = Image.fromarray(grey > 100)
    assert set(np.unique(read_picture(encoded(bilevel)))) == {0, 1}


def test_transparency_lies_over_white():
    rgba = np.zeros((1, 3, 4), np.uint8)
    rgba[0, :, 0] = 255
    rgba[0, :, 3] = (255, 0, 128)
    picture = read_picture(encoded(Image.fromarray(rgba)))
    np.testing.assert_allclose(
        picture[0], [[1, 0, 0], [1, 1, 1], [1, 127 / 255, 127 / 255]], atol=1e-6
    )
    grey = Image.fromarray(np.array([[[0, 0], [0, 255]]], np.uint8), "LA")
    np.testing.assert_array_equal(read_picture(encoded(grey))[0, :, 0], [1, 0])
    palette = Image.new("P", (2, 1))
    palette.putpalette([10, 20, 30, 0, 0, 255])
    palette.putpixel((1, 0), 1)
    data = encoded(palette, transparency=0)
    np.testing.assert_array_equal(read_picture(data)[0], [[1, 1, 1], [0, 0, 1]])
    colour_key = encoded(Image.fromarray(rgb()), transparency=(255, 0, 0))
    np.testing.assert_array_equal(read_picture(colour_key)[0, 0], [1, 1, 1])


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_deep_grey_is_scaled_and_not_clipped(kind):
    deep = np.linspace(0, 65535, 24).astype(np.uint16).reshape(4, 6)
    picture = read_picture(encoded(Image.fromarray(deep), kind))
    np.testing.assert_allclose(picture[..., 1], deep / 65535, atol=1e-6)


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_deep_colour_is_scaled_and_not_clipped(suffix):
    import cv2

    deep = np.linspace(0, 65535, 72).astype(np.uint16).reshape(4, 6, 3)
    data = cv2.imencode(suffix, deep[..., ::-1])[1].tobytes()
    np.testing.assert_allclose(read_picture(data), deep / 65535, atol=1 / 255)


def test_floating_point_tiffs_in_0_to_1_are_kept_and_others_fitted():
    values = np.linspace(0, 1, 24, dtype=np.float32).reshape(4, 6)
    np.testing.assert_array_equal(
        read_picture(encoded(Image.fromarray(values), "TIFF"))[..., 0], values
    )
    wide = read_picture(encoded(Image.fromarray(values * 3000 - 1000), "TIFF"))
    np.testing.assert_allclose(wide[..., 2], values, atol=1e-6)
    values[0, 0] = np.nan
    assert np.isfinite(read_picture(encoded(Image.fromarray(values), "TIFF"))).all()


@pytest.mark.parametrize("planes", ["contig", "separate"])
def test_floating_point_tiffs_in_colour_are_read(planes):
    import tifffile

    values = np.linspace(0, 1, 72, dtype=np.float32).reshape(4, 6, 3)
    buffer = io.BytesIO()
    stored = values if planes == "contig" else np.moveaxis(values, 2, 0)
    tifffile.imwrite(buffer, stored, photometric="rgb", planarconfig=planes)
    np.testing.assert_array_equal(read_picture(buffer.getvalue()), values)


def test_print_colours_become_rgb():
    ink = Image.new("CMYK", (8, 8), (255, 0, 0, 0))  # cyan
    for data in (encoded(ink, "JPEG", quality=95), encoded(ink, "TIFF")):
        colour = read_picture(data).mean((0, 1))
        assert colour[0] < 0.1
        assert colour[1:].min() > 0.6


def test_print_colours_without_adobes_mark_are_not_inverted():
    data = encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 255)), "JPEG", quality=95)
    mark = data.index(b"\xff\xee")  # APP14: Adobe
    length = int.from_bytes(data[mark + 2 : mark + 4], "big")
    unmarked = data[:mark] + data[mark + 2 + length :]
    colour = read_picture(unmarked).mean((0, 1))
    assert read_picture(data).max() < 0.1  # black, all inks but cyan
    assert colour[0] < 0.1  # the same bytes, read the other way: cyan alone
    assert colour[1:].min() > 0.6


def test_another_colour_profile_is_applied():
    from PIL import ImageCms

    plain = Image.new("RGB", (4, 4), (200, 100, 50))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    same = read_picture(encoded(plain, icc_profile=profile))
    np.testing.assert_array_equal(same, read_picture(encoded(plain)))
    damaged = read_picture(encoded(plain, icc_profile=b"no profile at all"))
    np.testing.assert_array_equal(damaged, same)


def test_an_animation_gives_its_first_frame():
    frames = [Image.new("RGB", (5, 4), colour) for colour in ("red", "lime", "blue")]
    for kind in ("GIF", "WEBP", "PNG"):
        options = {"lossless": True} if kind == "WEBP" else {}
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)
        np.testing.assert_array_equal(read_picture(data)[2, 2], [1, 0, 0])


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (7, 5)])
def test_tall_wide_and_tiny_pictures_keep_their_shape(size):
    picture = read_picture(encoded(Image.new("RGB", size, "white")))
    assert picture.shape == (size[1], size[0], 3)


def test_a_very_large_picture_is_read():
    picture = read_picture(encoded(Image.new("L", (6000, 4000), 255)))
    assert picture.shape == (4000, 6000, 3)
    assert picture[3999, 5999, 2] == 1


# What it refuses


def test_a_bomb_is_refused_from_its_header(tmp_path):
    path = tmp_path / "bomb.png"
    path.write_bytes(png_header(10_000, 10_000))  # there is nothing more to read
    sentence = sentence_of(path)
    assert "bomb.png" in sentence
    assert "10000 x 10000" in sentence
    assert "64 million" in sentence
    assert "1000000 x 1000000" in sentence_of(png_header(1_000_000, 1_000_000))


def test_the_largest_that_is_allowed_is_not_a_bomb():
    assert MAX_PIXELS == 8000 * 8000
    with pytest.raises(PictureError, match="damaged"):
        read_picture(png_header(8000, 8000), 2048)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP"])
def test_a_file_cut_short_is_damaged(kind):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    data = encoded(Image.fromarray(noise), kind)
    assert "damaged" in sentence_of(data[: len(data) // 2])


def test_empty_files_and_other_files_are_no_pictures(tmp_path):
    path = tmp_path / "notes.png"
    path.write_bytes(b"")
    assert "“notes.png” is empty" in sentence_of(path)
    path.write_text("Dear diary")
    assert "“notes.png” is not a picture" in sentence_of(path)
    assert "What was pasted or dropped is empty" in sentence_of(b"")
    assert "is not a picture" in sentence_of(b"%PDF-1.7")


def test_folders_missing_files_and_odd_names_are_said(tmp_path):
    assert "is a folder" in sentence_of(tmp_path)
    assert "“gone.png” is not there" in sentence_of(tmp_path / "gone.png")
    assert "cannot be read" in sentence_of("a\0b.png")
    assert "cannot be read" in sentence_of(tmp_path / ("x" * 400))


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")
def test_pipes_and_devices_are_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    assert "not a file" in sentence_of(tmp_path / "pipe.png")
    assert "not a file" in sentence_of("/dev/zero")


def test_a_file_without_permission_is_said(tmp_path, monkeypatch):
    path = tmp_path / "secret.png"
    path.write_bytes(encoded(Image.fromarray(rgb())))
    path.chmod(0)
    if os.access(path, os.R_OK):  # the superuser may read anything: let the system refuse

        def refuse(self, *_):
            raise PermissionError(13, "Permission denied", str(self))

        monkeypatch.setattr(type(path), "open", refuse)
    assert "may not be read" in sentence_of(path)


def test_a_huge_file_is_refused_unread(tmp_path):
    path = tmp_path / "video.png"
    with path.open("wb") as file:
        file.truncate(pictures.MAX_BYTES + 1)  # sparse: it takes no room
    assert "200 MB" in sentence_of(path)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_damage_gives_a_picture_or_a_sentence(data):
    kind = data.draw(st.sampled_from(["PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP"]))
    good = bytearray(encoded(Image.fromarray(rgb(12, 9)), kind))
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    try:
        picture = read_picture(bytes(good[: data.draw(st.integers(1, len(good)))]))
    except PictureError:
        return
    assert picture.ndim == 3
    assert picture.shape[2] == 3
    assert 0 <= picture.min() <= picture.max() <= 1


# Folders and samples


def test_a_folder_lists_its_pictures_as_people_count(tmp_path):
    for name in ("img10.png", "img2.JPG", "Img1.webp", "notes.txt", ".hidden.png"):
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    assert [path.name for path in read_folder(tmp_path)] == ["Img1.webp", "img2.JPG", "img10.png"]


def test_what_is_no_folder_is_said(tmp_path):
    (tmp_path / "file.png").touch()
    with pytest.raises(PictureError, match="There is no folder"):
        read_folder(tmp_path / "gone")
    with pytest.raises(PictureError, match="is a file"):
        read_folder(tmp_path / "file.png")


def test_samples_are_there_without_internet_the_coffee_first():
    found = samples()
    assert found[0].name == "coffee"
    assert len({sample.name for sample in found}) == len(found) == 10
    credits = pictures_credits()
    for sample in found:
        picture = sample.load()
        assert picture.dtype == np.float32
        assert picture.ndim == 3
        assert min(picture.shape[:2]) >= 200
        assert not picture.flags.writeable
        assert 0 <= picture.min() < 0.1
        assert 0.85 < picture.max() <= 1
        assert sample.credit
        assert f"`{sample.name}`" in credits


def pictures_credits():
    from visualizer.engine.resources import resource

    return resource("samples.md").read_text(encoding="utf-8")


def test_sample_digits_are_white_on_black_with_a_margin():
    for sample in samples():
        if sample.name.startswith("digit"):
            picture = sample.load()
            assert picture[:30].max() == picture[:, :30].max() == 0
            assert 0.1 < picture.mean() < 0.4


def test_a_lost_sample_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "package_folder", lambda package: tmp_path)
    for sample in samples():
        with pytest.raises(PictureError):
            sample.load()


def test_a_missing_package_leaves_its_samples_out(monkeypatch):
    monkeypatch.setattr(pictures, "package_folder", lambda package: None)
    assert samples() == ()


def test_a_picture_is_coloured_where_its_channels_differ():
    grey = np.full((16, 16, 3), 100, np.uint8)
    assert not is_coloured(grey)
    grey[8, 8] = 100, 100, 160
    assert is_coloured(grey)
    assert is_coloured(grey / np.float32(255))
    assert not is_coloured(np.full((16, 16, 3), 0.5, np.float32))
