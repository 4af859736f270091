"""Reading dates and times: Arrow's own, ISO 8601 text, and counts since 1970.

Without a zone a time is UTC. A bare number counts seconds, milli-, micro- or nanoseconds since 1970 by its size
(seconds reach the year 5138 before they look like milliseconds); eight digits from 19000101 to 21001231 are a day.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_resources.sources.cells import Cells, Mask, flags_of, plain, trimmed
from relpins_resources.sources.layout import TIME

Ints = npt.NDArray[np.int64]

_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_FIRST_US = int(np.datetime64("0001-01-01T00:00:00", "us").astype(np.int64))
_LAST_US = int(np.datetime64("9999-12-31T23:59:59", "us").astype(np.int64))
_WHOLE = r"^[+-]?(\d{1,18}|[1-8]\d{18})(\.0*)?$"
_POINTED = r"^[+-]?\d{1,18}\.\d*[1-9]\d*$"
_ISO = (
    r"^(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"(?:[t ]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d{1,9}))?)?"
    r"\s*(?:z|utc|gmt|(?P<sign>[+-])(?P<zone_hour>\d{2}):?(?P<zone_minute>\d{2})?)?)?$"
)


def to_times(raw: pa.ChunkedArray | pa.Array) -> Cells:
    """Times (n,) in microseconds UTC, from the year 1 to 9999; everything else that is given is bad."""
    array = plain(raw)
    kind = array.type
    if pa.types.is_timestamp(kind):
        return _of_count(array.cast(pa.int64()), _PER_SECOND[kind.unit])
    if pa.types.is_date(kind):
        return _of_count(array.cast(pa.date32()).cast(pa.int32()).cast(pa.int64()), 1, 86_400)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = array.cast(pa.float64(), safe=False)
        is_given = flags_of(pc.and_(numbers.is_valid(), pc.invert(pc.is_nan(numbers))))
        us, is_read = _of_numbers(array)
        return _cells(us, is_read, is_given)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _of_text(array)
    return Cells(pa.nulls(len(array), TIME), flags_of(array.is_valid()))


def _cells(us: Ints, is_read: Mask, is_given: Mask) -> Cells:
    is_read = is_read & is_given & (us >= _FIRST_US) & (us <= _LAST_US)
    return Cells(pa.array(us, mask=~is_read).cast(TIME), is_given & ~is_read)


def _of_count(counts: pa.Array, per_second: int, seconds: int = 1) -> Cells:
    """Counts of `seconds / per_second` seconds since 1970."""
    is_given = flags_of(counts.is_valid())
    ints = np.asarray(pc.fill_null(counts, 0).to_numpy(zero_copy_only=False), np.int64)
    if per_second == 10**9:
        return _cells(ints // 1000, np.ones(len(ints), bool), is_given)
    scale = seconds * 10**6 // per_second
    limit = _LAST_US // scale
    fits = (ints >= -limit) & (ints <= limit)
    return _cells(np.where(fits, ints, 0) * scale, fits, is_given)


def _of_numbers(array: pa.Array) -> tuple[Ints, Mask]:
    """Microseconds (n,) of bare numbers, and which of them could be read."""
    floats = np.asarray(array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64)
    fits = np.isfinite(floats) & (np.abs(floats) < 9e18)
    floats = np.where(fits, floats, 0)
    is_whole = floats == np.floor(floats)
    if pa.types.is_integer(array.type):
        whole = np.asarray(pc.fill_null(array, 0).cast(pa.int64(), safe=False).to_numpy(zero_copy_only=False))
    else:
        whole = floats.astype(np.int64)
    size = np.abs(floats)
    per_second = np.select([size < 1e11, size < 1e14, size < 1e17], [1, 10**3, 10**6], 10**9)
    scale = np.maximum(1, 10**6 // per_second)
    us = np.where(size < 1e17, whole * scale, whole // 1000)
    us = np.where(is_whole, us, np.rint(np.where(size < 1e17, floats * scale, floats / 1000)).astype(np.int64))
    days, is_day = _days(whole // 10_000, whole // 100 % 100, whole % 100)
    is_dated = is_whole & (whole >= 1900_01_01) & (whole <= 2100_12_31)
    return np.where(is_dated, days * 86_400 * 10**6, us), fits & (is_day | ~is_dated)


def _days(year: Ints, month: Ints, day: Ints) -> tuple[Ints, Mask]:
    """Days since 1970 (n,), and which of them are in the calendar."""
    is_month = (month >= 1) & (month <= 12) & (year >= 1) & (year <= 9999)
    months = np.where(is_month, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    first = months.astype("datetime64[D]").astype(np.int64)
    after = (months + 1).astype("datetime64[D]").astype(np.int64)
    return first + day - 1, is_month & (day >= 1) & (day <= after - first)


def _of_text(array: pa.Array) -> Cells:
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        return Cells(pa.nulls(len(array), TIME), flags_of(array.is_valid()))
    text = trimmed(array)
    us, is_read = _of_iso(text)
    for pattern, kind in ((_WHOLE, pa.int64()), (_POINTED, pa.float64())):
        is_number = pc.match_substring_regex(text, pattern)
        if pc.any(is_number).as_py():
            digits = pc.replace_substring_regex(text, r"^\+|\.0*$", "")
            numbers = pc.if_else(is_number, digits, pa.scalar(None, text.type)).cast(kind)
            number_us, number_read = _of_numbers(numbers)
            us = np.where(flags_of(is_number), number_us, us)
            is_read = np.where(flags_of(is_number), number_read, is_read)
    return _cells(us, is_read, flags_of(text.is_valid()))


def _of_iso(text: pa.Array) -> tuple[Ints, Mask]:
    """Microseconds (n,) of ISO texts in lower case, and which of them could be read."""
    parts = pc.extract_regex(text, _ISO)

    def part(name: str) -> Ints:
        digits = pc.struct_field(parts, name)
        digits = pc.if_else(pc.equal(digits, ""), pa.scalar(None, digits.type), digits)
        return np.asarray(pc.fill_null(digits.cast(pa.int64()), 0).to_numpy(zero_copy_only=False), np.int64)

    days, is_read = _days(part("year"), part("month"), part("day"))
    hour, minute, second = part("hour"), part("minute"), part("second")
    is_read &= (hour < 24) & (minute < 60) & (second < 60) & (part("zone_hour") < 24) & (part("zone_minute") < 60)
    fraction = pc.utf8_slice_codeunits(pc.utf8_rpad(pc.struct_field(parts, "fraction"), 6, "0"), 0, 6)
    fraction_us = np.asarray(pc.fill_null(fraction.cast(pa.int64()), 0).to_numpy(zero_copy_only=False), np.int64)
    sign = np.where(flags_of(pc.equal(pc.struct_field(parts, "sign"), "-")), -1, 1)
    zone_seconds = sign * (part("zone_hour") * 3600 + part("zone_minute") * 60)
    seconds = days * 86_400 + hour * 3600 + minute * 60 + second - zone_seconds
    return seconds * 10**6 + fraction_us, is_read & flags_of(parts.is_valid())
