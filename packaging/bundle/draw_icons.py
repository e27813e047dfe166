"""Draw the program's icon: PNGs of all sizes, an .ico and an .icns. Usage: SVG FOLDER SIZE..."""

import os
import sys
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PIL import Image
from PySide6.QtCore import QRectF
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

svg, folder, sizes = Path(sys.argv[1]), Path(sys.argv[2]), [int(each) for each in sys.argv[3:]]
application = QGuiApplication([])
renderer = QSvgRenderer(str(svg))
for size in sizes:
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, 0, size, size))
    painter.end()
    image.save(str(folder / f"{size}.png"))
with Image.open(folder / f"{max(sizes)}.png") as largest:
    largest.save(folder / "app.ico", sizes=[(size, size) for size in sizes if size <= 256])
    largest.save(folder / "app.icns")
