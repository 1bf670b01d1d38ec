"""The backend's side of the protocol, sans-io and for CPython only: what any backend can be built on."""
