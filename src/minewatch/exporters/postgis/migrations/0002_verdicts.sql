-- What people say, site by site, and layers that have no table of their own.

CREATE TABLE minewatch.verdicts (
    fid bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    run_id text NOT NULL REFERENCES minewatch.runs ON DELETE CASCADE,
    site_id text NOT NULL,
    verdict text,
    verdict_reason text,
    verdict_by text,
    verdict_at text,
    note text,
    others text,
    found_by text,
    what_became text,
    simulated boolean NOT NULL,
    more jsonb,
    updated_at timestamptz NOT NULL DEFAULT now(),
    geom geometry(Geometry, 4326),
    PRIMARY KEY (run_id, site_id)
);
CREATE INDEX verdicts_geom ON minewatch.verdicts USING gist (geom);

CREATE TABLE minewatch.other_layers (
    fid bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    run_id text NOT NULL REFERENCES minewatch.runs ON DELETE CASCADE,
    layer text NOT NULL,
    row_key text NOT NULL,
    simulated boolean NOT NULL,
    more jsonb,
    updated_at timestamptz NOT NULL DEFAULT now(),
    geom geometry(Geometry, 4326),
    PRIMARY KEY (run_id, layer, row_key)
);
CREATE INDEX other_layers_geom ON minewatch.other_layers USING gist (geom);
