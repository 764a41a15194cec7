"""`python -m indicators` is the command `indicators`."""

import sys

from indicators.cli.commands import main

sys.exit(main())
