-- Views for QGIS: the key is `fid`, the time is from `valid_from` up to, without, `valid_to`.

CREATE VIEW minewatch.inventory_map AS
SELECT
    i.fid, r.name AS area, i.run_id, i.site_id,
    i.period_start::timestamp AS valid_from,
    (i.period_end + 1)::timestamp AS valid_to,
    i.period_start, i.period_end, i.alert, i.state, i.alert_then,
    i.disturbed_area_m2, i.new_area_m2, i.pad_area_m2,
    i.pool_area_m2, i.pool_area_low_m2, i.pool_area_high_m2, i.pool_count_low, i.pool_count_high,
    i.water_area_m2, i.confidence, i.clear_looks, i.observed_fraction,
    i.first_detected, i.last_undisturbed, i.last_activity, i.controlling_group,
    i.verdict, i.verdict_reason, i.verdict_by, i.verdict_at, i.simulated, i.geom
FROM minewatch.inventory AS i JOIN minewatch.runs AS r USING (run_id);

CREATE VIEW minewatch.sites_map AS
SELECT
    s.fid, r.name AS area, s.run_id, s.site_id,
    s.first_detected::timestamp AS valid_from,
    s.alert, s.state, s.confidence, s.first_detected, s.last_undisturbed, s.last_activity,
    s.max_disturbed_area_m2, s.max_pool_area_m2,
    s.verdict, s.verdict_reason, s.verdict_by, s.verdict_at, s.simulated, s.geom
FROM minewatch.sites AS s JOIN minewatch.runs AS r USING (run_id);

CREATE VIEW minewatch.features_map AS
SELECT
    f.fid, r.name AS area, f.run_id, f.site_id, f.kind,
    f.first_detected::timestamp AS valid_from,
    (f.last_seen + 1)::timestamp AS valid_to,
    f.first_detected, f.last_undisturbed, f.last_seen, f.area_m2, f.verdict, f.simulated, f.geom
FROM minewatch.features AS f JOIN minewatch.runs AS r USING (run_id);

CREATE VIEW minewatch.changes_map AS
SELECT
    c.fid, r.name AS area, c.run_id, c.kind, c.reject_reason,
    c.first_detected::timestamp AS valid_from,
    (c.last_seen + 1)::timestamp AS valid_to,
    c.first_detected, c.last_undisturbed, c.last_seen, c.area_m2, c.confidence,
    c.verdict, c.simulated, c.geom
FROM minewatch.changes AS c JOIN minewatch.runs AS r USING (run_id);

CREATE VIEW minewatch.verdicts_map AS
SELECT
    v.fid, r.name AS area, v.run_id, v.site_id, v.verdict, v.verdict_reason, v.verdict_by,
    v.verdict_at::timestamptz AS verdict_at, v.note, v.others, v.what_became, v.simulated, v.geom
FROM minewatch.verdicts AS v JOIN minewatch.runs AS r USING (run_id);
