-- Tables of runs. Rows of several runs lie side by side, each under the name of its run.

CREATE TABLE minewatch.runs (
    run_id text PRIMARY KEY,
    name text NOT NULL,
    simulated boolean NOT NULL,
    attribution text NOT NULL,
    last_day date NOT NULL,
    source text NOT NULL,
    columns_version integer NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now(),
    geom geometry(MultiPolygon, 4326)
);

CREATE TABLE minewatch.inventory (
    fid bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    run_id text NOT NULL REFERENCES minewatch.runs ON DELETE CASCADE,
    aoi text,
    site_id text NOT NULL,
    period_start date NOT NULL,
    period_end date NOT NULL,
    alert text,
    state text,
    disturbed_area_m2 double precision,
    pad_area_m2 double precision,
    pool_area_m2 double precision,
    pool_area_low_m2 double precision,
    pool_area_high_m2 double precision,
    pool_count_low bigint,
    pool_count_high bigint,
    water_area_m2 double precision,
    water_area_low_m2 double precision,
    water_area_high_m2 double precision,
    new_area_m2 double precision,
    confidence double precision,
    clear_looks bigint,
    observed_fraction double precision,
    first_detected date,
    last_undisturbed date,
    last_activity date,
    controlling_group text,
    evidence text[],
    merged_from text[],
    split_from text[],
    alert_then text,
    water_last_seen date,
    verdict text,
    verdict_reason text,
    verdict_by text,
    verdict_at text,
    simulated boolean NOT NULL,
    more jsonb,
    updated_at timestamptz NOT NULL DEFAULT now(),
    valid daterange GENERATED ALWAYS AS (daterange(period_start, period_end, '[]')) STORED,
    geom geometry(MultiPolygon, 4326),
    PRIMARY KEY (run_id, site_id, period_start, period_end)
);
CREATE INDEX inventory_geom ON minewatch.inventory USING gist (geom);
CREATE INDEX inventory_valid ON minewatch.inventory USING gist (valid);
CREATE INDEX inventory_period ON minewatch.inventory (period_start, period_end);

CREATE TABLE minewatch.sites (
    fid bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    run_id text NOT NULL REFERENCES minewatch.runs ON DELETE CASCADE,
    aoi text,
    site_id text NOT NULL,
    first_detected date,
    last_undisturbed date,
    alert text,
    state text,
    confidence double precision,
    last_activity date,
    max_disturbed_area_m2 double precision,
    max_pool_area_m2 double precision,
    merged_from text[],
    split_from text[],
    water_last_seen date,
    verdict text,
    verdict_reason text,
    verdict_by text,
    verdict_at text,
    simulated boolean NOT NULL,
    more jsonb,
    updated_at timestamptz NOT NULL DEFAULT now(),
    geom geometry(MultiPolygon, 4326),
    PRIMARY KEY (run_id, site_id)
);
CREATE INDEX sites_geom ON minewatch.sites USING gist (geom);
CREATE INDEX sites_first_detected ON minewatch.sites (first_detected);

CREATE TABLE minewatch.features (
    fid bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    run_id text NOT NULL REFERENCES minewatch.runs ON DELETE CASCADE,
    row_key text NOT NULL,
    kind text,
    site_id text,
    first_detected date,
    last_undisturbed date,
    last_seen date,
    area_m2 double precision,
    verdict text,
    verdict_reason text,
    verdict_by text,
    verdict_at text,
    simulated boolean NOT NULL,
    more jsonb,
    updated_at timestamptz NOT NULL DEFAULT now(),
    geom geometry(MultiPolygon, 4326),
    PRIMARY KEY (run_id, row_key)
);
CREATE INDEX features_geom ON minewatch.features USING gist (geom);
CREATE INDEX features_seen ON minewatch.features (first_detected, last_seen);
CREATE INDEX features_site ON minewatch.features (run_id, site_id);

CREATE TABLE minewatch.changes (
    fid bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    run_id text NOT NULL REFERENCES minewatch.runs ON DELETE CASCADE,
    row_key text NOT NULL,
    kind text,
    reject_reason text,
    first_detected date,
    last_undisturbed date,
    last_seen date,
    area_m2 double precision,
    slope_deg double precision,
    aspect_deg double precision,
    confidence double precision,
    verdict text,
    verdict_reason text,
    verdict_by text,
    verdict_at text,
    simulated boolean NOT NULL,
    more jsonb,
    updated_at timestamptz NOT NULL DEFAULT now(),
    geom geometry(MultiPolygon, 4326),
    PRIMARY KEY (run_id, row_key)
);
CREATE INDEX changes_geom ON minewatch.changes USING gist (geom);
CREATE INDEX changes_seen ON minewatch.changes (first_detected, last_seen);
