"""Writes report.schema.json."""

from . import FILE, schema_text

FILE.write_text(schema_text(), encoding="utf-8")
