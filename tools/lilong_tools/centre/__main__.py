"""`python -m lilong_tools.centre`: the management centre as a process."""

import sys

from .run import main

if __name__ == "__main__":
    sys.exit(main())
