"""Stage eight: how good the feeds are; upstream of nothing."""

import dagster as dg

from relpins_assets.evaluation import assets

defs = dg.Definitions(assets=dg.load_assets_from_modules([assets], group_name="evaluation"))
