"""What is said when a device cannot be provisioned as asked."""


class ProvisionError(ValueError):
    """A line for each thing that is wrong: where (file, line, column), what, what to do. Never a secret."""
