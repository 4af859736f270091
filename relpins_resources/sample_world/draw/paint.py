"""One pin's picture from its plan; the random stream is the pin's own, so order and process do not matter."""

from PIL import Image

from relpins_resources.sample_world.catalog import PinSpec
from relpins_resources.sample_world.config import stream
from relpins_resources.sample_world.draw.canvas import Box, Canvas
from relpins_resources.sample_world.draw.fashion import paint_garment
from relpins_resources.sample_world.draw.food import paint_dish
from relpins_resources.sample_world.draw.howto import paint_guide
from relpins_resources.sample_world.draw.look import look_of
from relpins_resources.sample_world.draw.products import paint_product
from relpins_resources.sample_world.draw.rooms import paint_room
from relpins_resources.sample_world.draw.travel import paint_place


def paint(spec: PinSpec, seed: int, supersample: int) -> tuple[Image.Image, list[Box]]:
    """The picture of `spec` (RGB, `spec.size` pixels) and the objects in it, back to front, in pixels."""
    rng = stream(seed, "draw", spec.pin_id)
    look = look_of(spec, rng, supersample)
    canvas = Canvas(*spec.size, supersample)
    if spec.kind == "room":
        boxes = paint_room(canvas, look, spec.scene, rng)
    elif spec.kind == "product":
        boxes = paint_product(canvas, look, spec.scene, rng)
    elif spec.kind == "fashion":
        boxes = paint_garment(canvas, look, spec.scene, spec.traits, rng)
    elif spec.kind == "food":
        boxes = paint_dish(canvas, look, spec.scene, rng)
    elif spec.kind == "travel":
        boxes = paint_place(canvas, look, spec.scene, spec.traits["hour"], rng)
    else:
        boxes = paint_guide(canvas, look, spec.scene, rng)
    return canvas.finished(), boxes
