"""Rules of the kinds that are played without firmware, one file a kind; on the same engine as the firmware's."""
