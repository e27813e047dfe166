"""What is handed out: a scene a page, a slide, or a picture."""

import pytest
from PySide6.QtGui import QColor, QImage

from visualizer.engine.errors import UserError
from visualizer.gui.shows.handout import Page, save_handout


@pytest.fixture
def pages(qapp):
    def page(title, notes, colour):
        image = QImage(320, 180, QImage.Format.Format_RGB32)
        image.fill(QColor(colour))
        return Page(title, notes, image)

    return [page("A cup", "Say hello.\n" * 3, "red"), page("Größe ε / 255", "", "blue")]


def test_a_pdf_has_a_page_a_scene(pages, tmp_path):
    save_handout(tmp_path / "talk.pdf", "A talk", pages, notes=True)
    data = (tmp_path / "talk.pdf").read_bytes()
    assert data.startswith(b"%PDF")
    assert data.count(b"/Type /Page\n") == 2


def test_slides_have_the_picture_and_the_notes(pages, tmp_path):
    from pptx import Presentation

    save_handout(tmp_path / "talk.pptx", "A talk", pages)
    talk = Presentation(tmp_path / "talk.pptx")
    assert talk.core_properties.title == "A talk"
    first, second = talk.slides
    (picture,) = first.shapes
    assert (picture.width, picture.height) == (talk.slide_width, talk.slide_height)
    assert picture.width / picture.height == pytest.approx(16 / 9, rel=0.01)
    image = QImage.fromData(picture.image.blob)
    assert image.pixelColor(5, 5) == QColor("red")
    assert first.notes_slide.notes_text_frame.text.startswith("A cup\nSay hello.")
    assert second.notes_slide.notes_text_frame.text == "Größe ε / 255"


def test_pictures_are_named_by_their_order(pages, tmp_path):
    save_handout(tmp_path / "talk", "A talk", pages)
    names = sorted(each.name for each in (tmp_path / "talk").iterdir())
    assert names == ["01 a-cup.png", "02 größe-ε-255.png"]
    assert QImage(str(tmp_path / "talk" / names[1])).size() == pages[1].image.size()


def test_another_ending_is_refused(pages, tmp_path):
    with pytest.raises(UserError, match=r"ends in “\.key”; a handout ends in \.pdf or \.pptx"):
        save_handout(tmp_path / "talk.key", "A talk", pages)
    assert not list(tmp_path.iterdir())
