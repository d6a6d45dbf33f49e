"""A probability sample of a run: its design, its frame, its units, and what people say of them."""

from typing import TYPE_CHECKING

from minewatch.lazy import attach

if TYPE_CHECKING:
    from minewatch.samples.frame_raster import FrameLayers, write_frame
    from minewatch.samples.label_entries import (
        CLASSES,
        CONFIDENCES,
        LABELS,
        SITE_LABELS,
        UNSURE,
        LabelEntry,
    )
    from minewatch.samples.label_files import append_labels, read_label_log, read_labels
    from minewatch.samples.reference_labels import ReferenceLabels, merge_labels
    from minewatch.samples.sample_design import (
        DESIGNS,
        UNITS,
        DesignStratum,
        SampleDesign,
        read_design,
    )
    from minewatch.samples.unit_drawing import DrawnCell, FrameCount, count_frame, draw_cells
    from minewatch.samples.unit_files import read_units, write_unit_files

__all__ = [
    "CLASSES",
    "CONFIDENCES",
    "DESIGNS",
    "LABELS",
    "SITE_LABELS",
    "UNITS",
    "UNSURE",
    "DesignStratum",
    "DrawnCell",
    "FrameCount",
    "FrameLayers",
    "LabelEntry",
    "ReferenceLabels",
    "SampleDesign",
    "append_labels",
    "count_frame",
    "draw_cells",
    "merge_labels",
    "read_design",
    "read_label_log",
    "read_labels",
    "read_units",
    "write_frame",
    "write_unit_files",
]

__getattr__ = attach(__name__, __file__)
