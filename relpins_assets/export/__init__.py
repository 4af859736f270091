"""What leaves a home as files: landing pages as a static site, with sitemaps and a product feed."""
