"""Conformance: somebody else's codec, device or backend, held to the sentences of protocol/spec."""
