"""Stage nine: what readers see."""

import dagster as dg

from relpins_assets.publish import assets

defs = dg.Definitions(assets=dg.load_assets_from_modules([assets], group_name="publish"))
