"""What a good engineer would write for the same job, each a script that anyone may argue with.

Each is `python -m tests.bench.pipelines.NAME ARCHIVE OUT`: the simulated archive, and a folder for
its polygons. None checks an offset or a shift, keeps months, knows swidden from a mine, links sites
through time, or can be updated or resumed.
"""
