"""Stage two: pins of one image joined, counts frozen."""

import dagster as dg

from relpins_assets.curation import assets

defs = dg.Definitions(assets=dg.load_assets_from_modules([assets], group_name="curation"))
