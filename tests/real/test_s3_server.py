"""Files in a bucket whose server checks signatures (moto): read with keys from the environment."""

from __future__ import annotations

import json
import logging
import os
import pickle
import subprocess
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox
from tests.server_tools import free_port, server_tools, serving

from minewatch.cube import RangeReader
from minewatch.errors import ReadError
from minewatch.model import Asset
from minewatch.sensors import catalogs
from minewatch.settings import Settings

pytestmark = [pytest.mark.real, pytest.mark.timeout(280)]
REQUIREMENTS = ("moto[server]==5.*",)
FILL = """
import json, sys, boto3
url, *files = sys.argv[1:]
keys = dict(aws_access_key_id="x", aws_secret_access_key="x")
iam, s3 = (
    boto3.client(name, endpoint_url=url, region_name="us-east-1", **keys) for name in ("iam", "s3")
)
iam.create_user(UserName="u")
allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=policy)
key = iam.create_access_key(UserName="u")["AccessKey"]
s3.create_bucket(Bucket="eodata")
for file in files:
    for folder in ("right", "wrong"):  # GDAL remembers what it has read, whatever the keys
        s3.upload_file(file, "eodata", folder + "/" + file.rpartition("/")[2])
print(json.dumps([key["AccessKeyId"], key["SecretAccessKey"]]))
"""
"""Makes a user with keys, a bucket and its files; from the next request on signatures count."""
SETTINGS = Settings(http_timeout_s=10, http_retries=1, http_backoff_s=0.0)
GRID = GeoBox((64, 64), Affine(10, 0, 600000, 0, -10, 2800000), "EPSG:32647")
PIXELS = np.random.default_rng(3).integers(1, 9000, (128, 128)).astype(np.uint16)
NAMES = ("B04.tif", "B04.jp2")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, str]]:
    """Address of the server, and the two keys that it knows."""
    tools, folder = server_tools("s3-server", REQUIREMENTS), tmp_path_factory.mktemp("s3")
    for name, driver, more in (
        (NAMES[0], "COG", {"compress": "deflate"}),
        (NAMES[1], "JP2OpenJPEG", {"QUALITY": "100", "REVERSIBLE": "YES"}),
    ):
        with rasterio.open(
            folder / name, "w", driver=driver, width=128, height=128, count=1, dtype="uint16",
            crs="EPSG:32647", transform=GRID.affine, **more,
        ) as file:  # fmt: skip
            file.write(PIXELS, 1)
    files = [str(folder / name) for name in NAMES]
    place = f"127.0.0.1:{free_port()}"
    command = [str(tools / "moto_server"), "-H", "127.0.0.1", "-p", place.rpartition(":")[2]]
    env = os.environ | {"INITIAL_NO_AUTH_ACTION_COUNT": str(4 + 2 * len(files))}
    with serving(command, f"http://{place}/moto-api/", env):
        made = subprocess.run(
            [str(tools / "python"), "-c", FILL, f"http://{place}", *files],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr[-800:]
        yield (place, *json.loads(made.stdout))


@pytest.fixture
def cdse(keys: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """The bucket of CDSE on loopback, its keys in the environment."""
    place, key, secret = keys
    options = {"AWS_S3_ENDPOINT": place, "AWS_VIRTUAL_HOSTING": "FALSE", "AWS_HTTPS": "NO"}
    local = replace(catalogs.CATALOGS["cdse"], gdal_options=options)
    monkeypatch.setitem(catalogs.CATALOGS, "cdse", local)  # type: ignore[arg-type]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    return key, secret


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_cdse_is_read_with_the_keys_of_the_environment(
    cdse: tuple[str, str], name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    reader = RangeReader(SETTINGS)
    found = reader.read(Asset(href=f"s3://eodata/right/{name}", epsg=32647), GRID, band="red")
    np.testing.assert_array_equal(found, PIXELS[:64, :64])
    assert not any(word in caplog.text for word in cdse)
    assert not any(word.encode() in pickle.dumps(reader) for word in cdse)


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_key_is_a_read_error_that_names_no_key(
    cdse: tuple[str, str], name: str, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "CANARYwrong")
    asset = Asset(href=f"s3://eodata/wrong/{name}", epsg=32647)
    with pytest.raises(ReadError) as caught:
        RangeReader(SETTINGS).read(asset, GRID, band="red")
    assert not any(word in f"{caught.value}{caplog.text}" for word in (*cdse, "CANARY"))
