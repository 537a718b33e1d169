"""The picture of an app made of an image that a kernel sent. Pure; carried out in a confined process."""

import io

from PIL import Image

SIZE = (1200, 630)  # What Open Graph's readers expect.
MARGIN = 48
LARGEST = 12_000_000  # pixels, and bytes: what an image may have that is read here
GROUND = "#ffffff"


def of_image(kind: str, content: bytes) -> bytes | None:
    """A PNG with the image on the page's ground; None for one that is small, huge or broken. `kind`: Pillow's word."""
    try:
        image = Image.open(io.BytesIO(content), formats=[kind])
        if image.width * image.height > LARGEST or image.width < 200 or image.height < 100:
            return None
        drawn = image.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return png(_on_ground(drawn))


def _on_ground(drawn: Image.Image) -> Image.Image:
    page = Image.new("RGB", SIZE, GROUND)
    drawn.thumbnail((SIZE[0] - 2 * MARGIN, SIZE[1] - 2 * MARGIN), Image.Resampling.LANCZOS)
    page.paste(drawn, ((SIZE[0] - drawn.width) // 2, (SIZE[1] - drawn.height) // 2), drawn)
    return page


def png(image: Image.Image) -> bytes:
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()
