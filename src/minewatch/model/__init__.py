"""The nouns of minewatch, named once. No input or output lives here."""

from minewatch.model.areas import WGS84, AreaOfInterest, ControlInterval
from minewatch.model.cubes import MONTH_LAYERS, check_month_cube
from minewatch.model.elevation import ElevationModel
from minewatch.model.grids import Chunk, Grid
from minewatch.model.periods import (
    PERIOD_KINDS,
    Period,
    PeriodKind,
    months_of,
    period_label,
    split_periods,
)
from minewatch.model.progress import Progress, ProgressListener, silent
from minewatch.model.protocols import Exporter, PixelReader
from minewatch.model.results import RunResult
from minewatch.model.scenes import (
    CORE_BANDS,
    REFLECTANCE_BANDS,
    REFLECTANCE_SCALE,
    Asset,
    Band,
    ReadFailure,
    Scene,
    SceneFacts,
    SceneList,
)
from minewatch.model.tables import (
    ALERTS,
    CHANGE_KINDS,
    CHANGES,
    DETECTIONS,
    FEATURE_KINDS,
    FEATURES,
    INVENTORY,
    OBSERVATIONS,
    SITES,
    STATES,
    TRACKS,
    Column,
    Contract,
    check_columns,
    empty_table,
)

__all__ = [
    "ALERTS",
    "CHANGES",
    "CHANGE_KINDS",
    "CORE_BANDS",
    "DETECTIONS",
    "FEATURES",
    "FEATURE_KINDS",
    "INVENTORY",
    "MONTH_LAYERS",
    "OBSERVATIONS",
    "PERIOD_KINDS",
    "REFLECTANCE_BANDS",
    "REFLECTANCE_SCALE",
    "SITES",
    "STATES",
    "TRACKS",
    "WGS84",
    "AreaOfInterest",
    "Asset",
    "Band",
    "Chunk",
    "Column",
    "Contract",
    "ControlInterval",
    "ElevationModel",
    "Exporter",
    "Grid",
    "Period",
    "PeriodKind",
    "PixelReader",
    "Progress",
    "ProgressListener",
    "ReadFailure",
    "RunResult",
    "Scene",
    "SceneFacts",
    "SceneList",
    "check_columns",
    "check_month_cube",
    "empty_table",
    "months_of",
    "period_label",
    "silent",
    "split_periods",
]
