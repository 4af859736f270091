"""Stage six: candidates from people's boards."""

import dagster as dg

from relpins_assets.candidates import assets

defs = dg.Definitions(assets=dg.load_assets_from_modules([assets], group_name="candidates"))
