"""Markdown and lines of mathematics as HTML for Qt's documents."""

from __future__ import annotations

import re
from html import escape

from PySide6.QtGui import QTextDocument


def markdown_html(markdown: str) -> str:
    """Turn Markdown into HTML paragraphs that take the panel's own style."""
    document = QTextDocument()
    document.setMarkdown(markdown)
    body = document.toHtml().partition("<body")[2].partition(">")[2].partition("</body>")[0]
    whole = re.sub(r"(?<=\d) × (?=\d)", "&nbsp;×&nbsp;", body)  # 3 × 3 stays on one line
    return re.sub(r"<p style=[^>]*>", "<p>", whole)


def formula_html(formula: str) -> str:
    """Turn a line of mathematics, in which <sub> and <sup> are marks, into HTML."""
    html = re.sub(r"&lt;(/?su[bp])&gt;", r"<\1>", escape(formula))
    return re.sub(r"\([^()]*\)", lambda inside: inside[0].replace(" ", "&nbsp;"), html)
