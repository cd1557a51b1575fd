"""Where the command `flex-insights` is: in the environment of this Python."""

import sys
from pathlib import Path

FLEX_INSIGHTS = str(Path(sys.executable).with_name("flex-insights"))
