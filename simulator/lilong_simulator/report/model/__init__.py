"""report.json as a model: what each key means, and the JSON Schema that is published beside it.

`python -m lilong_simulator.report.model` writes report.schema.json. The version rises when a key goes or changes its
meaning; a key that is added does not raise it.
"""

import json
from pathlib import Path
from typing import Any

from .report import SEALED, VERSION, Report

__all__ = ["FILE", "SEALED", "VERSION", "Report", "schema", "schema_text"]

FILE = Path(__file__).parent.with_name("report.schema.json")


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of report.json."""
    made = Report.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def schema_text() -> str:
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
