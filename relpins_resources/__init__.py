"""What the assets use: tables, sources, encoders, indexes. Never imports relpins_assets."""
