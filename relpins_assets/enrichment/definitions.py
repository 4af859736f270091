"""Stage three: what is written about each pin."""

import dagster as dg

from relpins_assets.enrichment import assets

defs = dg.Definitions(assets=dg.load_assets_from_modules([assets], group_name="enrichment"))
