"""Which attributes each pin has."""

import dagster as dg

from relpins_assets.assignment import assets

defs = dg.Definitions(assets=dg.load_assets_from_modules([assets], group_name="assignment"))
