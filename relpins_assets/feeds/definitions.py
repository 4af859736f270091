"""Stage seven: candidates blended into feeds."""

import dagster as dg

from relpins_assets.feeds import assets

defs = dg.Definitions(assets=dg.load_assets_from_modules([assets], group_name="feeds"))
