"""What people did with what was shown, and the ranker that learns from it."""

import dagster as dg

from relpins_assets.ranking import assets

defs = dg.Definitions(assets=dg.load_assets_from_modules([assets], group_name="ranking"))
