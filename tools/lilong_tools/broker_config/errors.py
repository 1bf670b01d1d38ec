"""What is said when a broker cannot be configured as asked."""


class BrokerConfigError(ValueError):
    """Which input, what is wrong with it, what to do."""
