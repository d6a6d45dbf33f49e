"""The nouns of minewatch, named once. No input or output is done here."""

from typing import TYPE_CHECKING

from minewatch.lazy import attach

if TYPE_CHECKING:
    from minewatch.model.areas import WGS84, AreaOfInterest, ControlInterval
    from minewatch.model.change_kinds import CHANGE_KINDS, Alternative, ChangeKind
    from minewatch.model.climate import (
        KACHIN,
        Climate,
        ClimateEvidence,
        climate_of,
        expected_dry_season,
        in_months,
        read_dry_season,
        season_setting,
    )
    from minewatch.model.cubes import MONTH_LAYERS, check_month_cube
    from minewatch.model.dates import parse_day
    from minewatch.model.defaults import (
        AUTO_DEM,
        AUTO_SEASON,
        DEFAULT_CACHE_GIB,
        DEFAULT_CATALOG,
        DEFAULT_CHUNK_PX,
        DEFAULT_DETECTOR,
        DEFAULT_MAX_CLOUD_COVER_PCT,
        DEFAULT_PERIOD,
        DEFAULT_RESOLUTION_M,
        DEFAULT_SENSOR,
        NO_DEM,
    )
    from minewatch.model.detectors import (
        SHOWN_LAYERS,
        Detection,
        Detector,
        EvidenceLayer,
        EvidenceTerm,
        Figure,
        Findings,
        Rasterise,
    )
    from minewatch.model.evidence import Evidence, PeriodEvidence
    from minewatch.model.grids import Chunk, Grid
    from minewatch.model.job import Job, Parameters, choose_dry_season, expected_in
    from minewatch.model.periods import (
        PERIOD_KINDS,
        Period,
        PeriodKind,
        Step,
        months_of,
        period_label,
        split_months,
        split_periods,
        steps_of,
    )
    from minewatch.model.pixel_state import PixelState, PixelStateLayer
    from minewatch.model.progress import Progress, ProgressListener, silent
    from minewatch.model.protocols import Exporter, PixelReader
    from minewatch.model.rule_fields import describe_rules, rule_values, with_overrides
    from minewatch.model.run_result import RunResult
    from minewatch.model.scenes import (
        CORE_BANDS,
        REFLECTANCE_BANDS,
        REFLECTANCE_SCALE,
        Asset,
        Band,
        ReadFailure,
        Scene,
        SceneList,
        SceneQuality,
    )
    from minewatch.model.tables import (
        ALERTS,
        CHANGES,
        DETECTIONS,
        FEATURE_KINDS,
        FEATURES,
        INVENTORY,
        OBSERVATIONS,
        SCHEMA_VERSION,
        SITES,
        STATES,
        TRACKS,
        Column,
        Contract,
        check_columns,
        empty_table,
    )
    from minewatch.model.terrain import ElevationModel, Terrain
    from minewatch.model.visibility import POOL_COLUMNS, POOLS_SEEN_UP_TO_M, sees_pools_at

__all__ = [
    "ALERTS",
    "AUTO_DEM",
    "AUTO_SEASON",
    "CHANGES",
    "CHANGE_KINDS",
    "CORE_BANDS",
    "DEFAULT_CACHE_GIB",
    "DEFAULT_CATALOG",
    "DEFAULT_CHUNK_PX",
    "DEFAULT_DETECTOR",
    "DEFAULT_MAX_CLOUD_COVER_PCT",
    "DEFAULT_PERIOD",
    "DEFAULT_RESOLUTION_M",
    "DEFAULT_SENSOR",
    "DETECTIONS",
    "FEATURES",
    "FEATURE_KINDS",
    "INVENTORY",
    "KACHIN",
    "MONTH_LAYERS",
    "NO_DEM",
    "OBSERVATIONS",
    "PERIOD_KINDS",
    "POOLS_SEEN_UP_TO_M",
    "POOL_COLUMNS",
    "REFLECTANCE_BANDS",
    "REFLECTANCE_SCALE",
    "SCHEMA_VERSION",
    "SHOWN_LAYERS",
    "SITES",
    "STATES",
    "TRACKS",
    "WGS84",
    "Alternative",
    "AreaOfInterest",
    "Asset",
    "Band",
    "ChangeKind",
    "Chunk",
    "Climate",
    "ClimateEvidence",
    "Column",
    "Contract",
    "ControlInterval",
    "Detection",
    "Detector",
    "ElevationModel",
    "Evidence",
    "EvidenceLayer",
    "EvidenceTerm",
    "Exporter",
    "Figure",
    "Findings",
    "Grid",
    "Job",
    "Parameters",
    "Period",
    "PeriodEvidence",
    "PeriodKind",
    "PixelReader",
    "PixelState",
    "PixelStateLayer",
    "Progress",
    "ProgressListener",
    "Rasterise",
    "ReadFailure",
    "RunResult",
    "Scene",
    "SceneList",
    "SceneQuality",
    "Step",
    "Terrain",
    "check_columns",
    "check_month_cube",
    "choose_dry_season",
    "climate_of",
    "describe_rules",
    "empty_table",
    "expected_dry_season",
    "expected_in",
    "in_months",
    "months_of",
    "parse_day",
    "period_label",
    "read_dry_season",
    "rule_values",
    "season_setting",
    "sees_pools_at",
    "silent",
    "split_months",
    "split_periods",
    "steps_of",
    "with_overrides",
]

__getattr__ = attach(__name__, __file__)
