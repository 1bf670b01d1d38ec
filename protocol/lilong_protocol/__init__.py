"""The contract between devices and backends: codec, seal, frames, registry, MQTT."""
