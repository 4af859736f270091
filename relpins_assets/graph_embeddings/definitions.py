"""Where what people save places every pin: two towers, and one vector of image, words and boards."""

import dagster as dg

from relpins_assets.graph_embeddings import assets

defs = dg.Definitions(assets=dg.load_assets_from_modules([assets], group_name="graph_embeddings"))
