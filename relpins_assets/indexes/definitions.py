"""Stage five: vectors made searchable."""

import dagster as dg

from relpins_assets.indexes import assets

defs = dg.Definitions(assets=dg.load_assets_from_modules([assets], group_name="indexes"))
