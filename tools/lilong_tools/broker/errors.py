"""What is said when there is no broker to work with."""


class BrokerError(Exception):
    """No usable broker: the message names what, where, and what to do."""
