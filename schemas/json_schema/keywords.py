"""What Pagemill does with each JSON Schema keyword.

Every keyword of drafts 7 to 2020-12 is in exactly one of these sets; a keyword in none of them
is reported by name.
"""

from __future__ import annotations

STRUCTURE = frozenset(
    {"type", "properties", "required", "items", "enum", "const", "nullable", "$ref", "$defs"}
    | {"definitions", "allOf", "anyOf", "oneOf", "format", "pattern", "additionalProperties"}
)
"""Guide the reading itself."""

BOUNDS = frozenset(
    {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
    | {"minLength", "maxLength", "minItems", "maxItems"}
)
"""Guide the choice between candidates, and are checked afterwards."""

CHECKED = frozenset(
    {"not", "if", "then", "else", "dependentRequired", "dependentSchemas", "dependencies"}
    | {"contains", "minContains", "maxContains", "uniqueItems", "propertyNames"}
    | {"minProperties", "maxProperties"}
)
"""Cannot guide a reader, but are checked on the finished data: a breach is an issue."""

ANNOTATIONS = frozenset(
    {"title", "description", "default", "examples", "example", "deprecated", "readOnly"}
    | {"writeOnly", "$comment", "$id", "id", "$schema", "$anchor", "$vocabulary", "discriminator"}
    | {"contentEncoding", "contentMediaType", "propertyOrdering", "enumNames"}
)
"""Describe; titles and descriptions name the field to look for."""

UNSUPPORTED = frozenset(
    {"patternProperties", "prefixItems", "additionalItems", "unevaluatedItems"}
    | {"unevaluatedProperties", "contentSchema", "$dynamicRef", "$dynamicAnchor"}
    | {"$recursiveRef", "$recursiveAnchor"}
)
"""Ask for values whose names or number cannot be known beforehand: reported, not read."""

KNOWN = STRUCTURE | BOUNDS | CHECKED | ANNOTATIONS | UNSUPPORTED
