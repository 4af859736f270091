"""What attributes there are, what people search for, and which attributes make topics."""

import dagster as dg

from relpins_assets.vocabulary import assets

defs = dg.Definitions(assets=dg.load_assets_from_modules([assets], group_name="vocabulary"))
