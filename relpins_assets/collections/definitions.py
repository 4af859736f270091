"""Collections, what they answer, and their pages."""

import dagster as dg

from relpins_assets.collections import assets

defs = dg.Definitions(assets=dg.load_assets_from_modules([assets], group_name="collections"))
