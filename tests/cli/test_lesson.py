"""`visualizer lesson` lists the course and writes worksheets."""

import json
import re

from visualizer.engine.lessons.course import COURSE


def test_the_lessons_are_listed_in_the_order_of_the_course(visualizer):
    lines = visualizer("lesson").out.splitlines()
    assert [line.split()[1] for line in lines] == [each.name for each in COURSE]
    rows = json.loads(visualizer("lesson", "--json").out)
    assert [row["title"] for row in rows] == [each.title for each in COURSE]
    assert all(len(row["questions"]) == 3 for row in rows)


def test_a_worksheet_has_two_pages_with_a_picture(visualizer, tmp_path):
    file = tmp_path / "sheet.pdf"
    assert visualizer("lesson", "perceptron", "-o", file).out.strip() == str(file)
    pdf = file.read_bytes()
    assert pdf.count(b"/Type /Page\n") == 2
    assert re.search(rb"/Subtype /Image", pdf)


def test_what_cannot_be_written_is_told_in_a_sentence(visualizer, tmp_path):
    assert (
        "There is no lesson “none”; there are perceptron"
        in visualizer("lesson", "none", "-o", tmp_path / "sheet.pdf").refused()
    )
    assert "-o sheet.pdf" in visualizer("lesson", "perceptron").refused()
    wrong = visualizer("lesson", "perceptron", "-o", tmp_path / "sheet.docx").refused()
    assert "call it “sheet.pdf”" in wrong
    (tmp_path / "file").write_text("")
    assert (
        "is a file; give the name of a folder"
        in visualizer("lesson", "all", "-o", tmp_path / "file").refused()
    )
