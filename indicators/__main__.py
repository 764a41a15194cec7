"""`python -m indicators` is the command `indicators`."""

import sys

from indicators.cli import main

sys.exit(main())
