"""What devices of a load say where a backend has not adopted the protocol: JSON or SenML, by a template file."""

from .fleet import Payload
from .template import Template, TemplateError, read_template

__all__ = ["Payload", "Template", "TemplateError", "read_template"]
