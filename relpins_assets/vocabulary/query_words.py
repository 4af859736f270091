"""English words that a query is built with and that ask for nothing by themselves. Attributes are not listed here."""

from __future__ import annotations

_BETWEEN = (
    "a an the this that these those some any all each every and or but of to in on at by with from for as into onto "
    "over under between below above up out off about around per via "
    "than then so very too more most much many really just only also like "
    "is are was were be been being am do does did doing done have has had having can could will would should may "
    "might must shall let lets it its i im ive me my mine we us our you your they them their he him his she her hers "
    "there here s t ll re ve d"
)
_ASKING = "what which who whom whose when where why how"
_SEARCHING = (
    "find show see look looking search searching want wanting need needing get getting buy buying shop shopping order "
    "make making feel feels go goes going use using put wear wearing wears worn idea ideas inspiration inspo inspired "
    "picture pictures photo photos image images pin pins pinterest online sale deals best good great nice top please "
    "something anything thing things stuff goal goals help"
)
CONNECTORS = frozenset(f"{_BETWEEN} {_ASKING} {_SEARCHING}".split())
"""Words left out of what a query could not be read to say."""
_DENYING = "not no without never except non excluding minus isnt doesnt dont arent wont cant"
NEGATORS = frozenset(_DENYING.split())
"""After these, and to the end of the clause, nothing is asked for."""
_TURNING = "but with for under over in from"
CLAUSE_ENDS = frozenset(_TURNING.split())
"""Words that end what was negated."""
_LEADING_AWAY = "for with in of on at to from by near that which goes under over and"
JOINS = frozenset(_LEADING_AWAY.split())
"""Words after which a query no longer names what it is about: "lamp for a living room" asks for a lamp."""
