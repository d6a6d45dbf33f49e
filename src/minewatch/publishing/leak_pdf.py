"""What a PDF says: its letters, what it says of itself, what is attached to it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from typing import Any


@dataclass(frozen=True, kw_only=True)
class PdfContent:
    """Everything of a PDF that can be read."""

    text: str
    """Letters of all pages, metadata, addresses of links."""
    attachments: tuple[tuple[str, bytes], ...]
    """Files in it, by name."""
    pictures: int
    """How many pictures of pixels are in it."""
    scripts: bool
    """Whether it does something by itself."""


def read_pdf(content: bytes) -> PdfContent:
    """What a PDF holds.

    Parameters
    ----------
    content
        Its bytes.

    Raises
    ------
    ValueError
        When it cannot be read as a whole, is encrypted, or `pypdf` is not installed.
    """
    try:
        pypdf: Any = import_module("pypdf")
    except ImportError as error:
        raise ValueError(
            "PDFs need the package pypdf: pip install 'minewatch[evidence]'"
        ) from error
    try:
        reader = pypdf.PdfReader(BytesIO(content), strict=True)
        if reader.is_encrypted:
            raise ValueError("encrypted PDF")
        texts = [f"{name}: {value}" for name, value in (reader.metadata or {}).items()]
        if reader.xmp_metadata is not None:
            texts.append(reader.xmp_metadata.stream.get_data().decode("utf-8", errors="replace"))
        pictures = 0
        for page in reader.pages:
            texts.append(page.extract_text())
            texts += [str(note.get_object()) for note in page.get("/Annots") or ()]
            pictures += len(page.images)
        attached = tuple(
            (name, data) for name, files in reader.attachments.items() for data in files
        )
        root = reader.trailer["/Root"]
        scripts = "/OpenAction" in root or "/JavaScript" in str(root.get("/Names", ""))
    except ValueError:
        raise
    except Exception as error:  # whatever a damaged file makes of the parser
        raise ValueError(f"damaged PDF: {type(error).__name__}") from error
    return PdfContent(
        text="\n".join(texts), attachments=attached, pictures=pictures, scripts=scripts
    )
