"""The command of the environment that this Python belongs to."""

import sys
from pathlib import Path

FLEX_INSIGHTS = str(Path(sys.executable).with_name("flex-insights"))
