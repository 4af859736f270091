"""Stage four: pins into vectors."""

import dagster as dg

from relpins_assets.embeddings import assets

defs = dg.Definitions(assets=dg.load_assets_from_modules([assets], group_name="embeddings"))
