"""Stage one: what comes in, as it is, and its images."""

import dagster as dg

from relpins_assets.catalog import assets

defs = dg.Definitions(assets=dg.load_assets_from_modules([assets], group_name="catalog"))
