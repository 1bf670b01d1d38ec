"""The management centre: a small, real backend with a console. Its decisions are in `core`, without any I/O."""
