"""What is known of catalogues, as data: addresses, and how their pixels are opened at read time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from minewatch.errors import CatalogError, unknown_name


@dataclass(frozen=True, kw_only=True)
class CatalogProfile:
    """One public catalogue: data only."""

    name: str
    """Our name."""
    title: str
    """Name for people."""
    url: str
    """Root of its STAC API."""
    elevation: str = ""
    """Its collection of Copernicus DEM GLO-30, a surface model of 30 m; empty when it has none."""
    hosts: Mapping[str, str] = field(default_factory=dict)
    """Start of an address of its pixels (without scheme for https) to the collection id there."""
    open_template: str = ""
    """GDAL path of such a file: `{url}` is its quoted address, `{collection}` the id in `hosts`.

    Signing is done by GDAL while it reads, so that no token is in any item, graph, log or error.
    """
    token_url: str = ""
    """Service that gives a short-lived token for a collection, with which our own reader signs."""
    gdal_options: Mapping[str, str] = field(default_factory=dict)
    """GDAL's options for its pixels."""
    needs_env: tuple[str, ...] = ()
    """Environment variables that hold the keys to its pixels."""


CATALOGS: Mapping[str, CatalogProfile] = {
    profile.name: profile
    for profile in (
        CatalogProfile(
            name="earth-search",
            title="Earth Search v1 (Element 84, AWS open data)",
            url="https://earth-search.aws.element84.com/v1",
            elevation="cop-dem-glo-30",
            hosts={"s3://copernicus-dem-30m/": "cop-dem-glo-30"},
            gdal_options={"AWS_NO_SIGN_REQUEST": "YES", "AWS_REGION": "eu-central-1"},
        ),
        CatalogProfile(
            name="planetary-computer",
            title="Microsoft Planetary Computer",
            url="https://planetarycomputer.microsoft.com/api/stac/v1",
            elevation="cop-dem-glo-30",
            hosts={
                "sentinel2l2a01.blob.core.windows.net/": "sentinel-2-l2a",
                "hls2euwest.blob.core.windows.net/hls2/S30/": "hls2-s30",
                "hls2euwest.blob.core.windows.net/hls2/L30/": "hls2-l30",
                "sentinel1euwestrtc.blob.core.windows.net/": "sentinel-1-rtc",
                "landsateuwest.blob.core.windows.net/": "landsat-c2-l2",
                "elevationeuwest.blob.core.windows.net/copernicus-dem/": "cop-dem-glo-30",
            },
            open_template="/vsicurl?pc_url_signing=yes&pc_collection={collection}&url={url}",
            token_url="https://planetarycomputer.microsoft.com/api/sas/v1/token",
        ),
        CatalogProfile(
            name="cdse",
            title="Copernicus Data Space Ecosystem",
            url="https://stac.dataspace.copernicus.eu/v1",
            elevation="cop-dem-glo-30-dged-cog",
            hosts={"s3://eodata/": "sentinel-2-l2a"},
            gdal_options={
                "AWS_S3_ENDPOINT": "eodata.dataspace.copernicus.eu",
                "AWS_VIRTUAL_HOSTING": "FALSE",
                "AWS_HTTPS": "YES",
            },
            needs_env=("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        ),
    )
}
"""The known catalogues by name."""
PUBLIC_BUCKETS: Mapping[str, str] = {
    "e84-earth-search-sentinel-data": "us-west-2",  # Earth Search names it by s3:// since STAC 1.1
    "sentinel-cogs": "us-west-2",
}
"""Buckets that anybody may read over https, and where they are."""
ELEVATION_COLLECTIONS = frozenset(c.elevation for c in CATALOGS.values() if c.elevation)
"""Collections of heights, by the names known catalogues give them: never scenes."""
ELEVATION_ASSETS = ("data", "elevation", "dem")
"""Names of the asset with the heights, the likeliest first."""
ELEVATION_ATTRIBUTION = (
    "Copernicus DEM: © DLR e.V. 2010-2014 and © Airbus Defence and Space GmbH 2014-2018, provided "
    "under COPERNICUS by the European Union and ESA; all rights reserved"
)
"""What the licence of Copernicus DEM asks to be said of anything made with it."""


_BUCKETS = {"s3": "vsis3", "gs": "vsigs", "az": "vsiaz"}
"""Scheme of an address in a bucket to GDAL's reader of it, which finds its own keys."""


def get_catalog(name: str) -> CatalogProfile:
    """The known catalogue of this name.

    Raises
    ------
    CatalogError
        Unknown name; lists the known ones.
    """
    if name not in CATALOGS:
        raise CatalogError(
            unknown_name("catalogue", name, list(CATALOGS)),
            hint="or give the address of a STAC API, or the path of a catalog.json",
        )
    return CATALOGS[name]


def catalog_of(href: str) -> CatalogProfile | None:
    """The known catalogue whose pixels lie at this address, or None."""
    plain = href.removeprefix("https://").removeprefix("http://")
    for profile in CATALOGS.values():
        if any(plain.startswith(start) for start in profile.hosts):
            return profile
    return None


def collection_at(href: str) -> str:
    """The collection whose pixels lie at this address; empty when it is of no known catalogue."""
    profile = catalog_of(href)
    plain = href.removeprefix("https://").removeprefix("http://")
    starts = profile.hosts if profile else {}
    return next((c for start, c in starts.items() if plain.startswith(start)), "")


def plain_address(href: str) -> str:
    """The https address of a file in a public bucket; any other address as it is.

    Examples
    --------
    >>> plain_address("s3://sentinel-cogs/a/B02.tif")
    'https://sentinel-cogs.s3.us-west-2.amazonaws.com/a/B02.tif'
    """
    parts = urlsplit(href)
    region = PUBLIC_BUCKETS.get(parts.netloc) if parts.scheme == "s3" else None
    if region is None:
        return href
    return f"https://{parts.netloc}.s3.{region}.amazonaws.com{href.removeprefix(f's3://{parts.netloc}')}"


def gdal_path(href: str) -> str:
    """The canonical address of a file as GDAL opens it, signed by GDAL itself where needed.

    Parameters
    ----------
    href
        Canonical address: a path, `https://…` or `s3://…`; never signed.

    Returns
    -------
    str
        A path GDAL and rasterio open; holds no secret.

    Examples
    --------
    >>> gdal_path("s3://eodata/a.jp2"), gdal_path("https://host/a.tif"), gdal_path("/data/a.tif")
    ('/vsis3/eodata/a.jp2', '/vsicurl/https://host/a.tif', '/data/a.tif')
    """
    href = plain_address(href)
    profile = catalog_of(href)
    if profile is not None and profile.open_template:
        url = quote(href, safe="")
        return profile.open_template.format(collection=collection_at(href), url=url)
    scheme = urlsplit(href).scheme
    if scheme in _BUCKETS:
        return f"/{_BUCKETS[scheme]}/{href.partition('://')[2]}"
    return f"/vsicurl/{href}" if scheme in {"http", "https"} else href


def gdal_options(href: str) -> Mapping[str, str]:
    """GDAL's options for the catalogue this address belongs to; empty for any other."""
    profile = catalog_of(href)
    return profile.gdal_options if profile else {}
