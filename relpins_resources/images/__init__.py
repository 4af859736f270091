"""Images: decoding what catalogs hold, hashing it, and small pictures of it for the UI."""

from relpins_resources.images.charts import histogram_chart
from relpins_resources.images.contact_sheet import as_markdown, contact_sheet
from relpins_resources.images.decode import DecodedImage, decode_image, decode_pixels
from relpins_resources.images.limits import ImageLimits, ImageRejected
from relpins_resources.images.perceptual_hash import hamming, phash

__all__ = [
    "DecodedImage",
    "ImageLimits",
    "ImageRejected",
    "as_markdown",
    "contact_sheet",
    "decode_image",
    "decode_pixels",
    "hamming",
    "histogram_chart",
    "phash",
]
