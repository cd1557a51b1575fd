"""`make pages`: writes the pages that are made from the YAML and from a build of the sample."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from flex_insights.docs import dictionary, questions
from flex_insights.docs.manifest import read_manifest
from flex_insights.settings import PROJECT, SAMPLE_EVENTS, Settings

README = PROJECT / "README.md"
RUNNING = PROJECT / "docs" / "running.md"
SAMPLE_DATA = Path("data/sample")
BUILD = [str(Path(sys.executable).with_name("flex-insights")), "build"]
SETTINGS = ("EVENTS", "DATA", "HIPAA_ACCOUNTS", "REPORTING_TIME_ZONE", "ENGINE")
DURATION = re.compile(r"Done in .*")


def build_sample(data: Path) -> str:
    """Builds the sample from nothing in an empty folder; gives what it prints, as if the folder were
    the usual one. Raises CalledProcessError if the build fails."""
    environment = {name: text for name, text in os.environ.items() if name not in SETTINGS}
    environment |= {"EVENTS": str(SAMPLE_EVENTS), "DATA": str(data)}
    done = subprocess.run(BUILD, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip().replace(str(data), str(SAMPLE_DATA))


def pages(data: Path, printed: str) -> dict[Path, str]:
    """Each generated page, and each page of which a part is generated, with its current text.

    `data` holds a build of the sample, `printed` is what that build printed.
    """
    settings = Settings(events=str(SAMPLE_EVENTS), data=data)
    answers = questions.answers(settings)
    readme, running = (page.read_text(encoding="utf-8") for page in (README, RUNNING))
    # Seconds depend on the machine: those on the page stay.
    if found := DURATION.search(running):
        printed = DURATION.sub(found[0], printed)
    measures = printed[printed.index("\nMeasures\n") + 1:]
    readme = with_part(readme, "end of a build", f"```text\n{measures}\n```")
    return {
        README: with_part(readme, "questions", questions.readme_questions(answers).strip()),
        RUNNING: with_part(running, "build", f"```text\n{printed}\n```"),
        questions.PAGE: questions.questions_page(answers),
        dictionary.PAGE: dictionary.dictionary(read_manifest(settings)),
    }


def with_part(page: str, name: str, part: str) -> str:
    """The page with this part between its marks. Raises ValueError if it has no such marks."""
    begin, end = f"<!-- made by make pages: {name} -->", f"<!-- end: {name} -->"
    before, found, rest = page.partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found and found_end):
        raise ValueError(f"The page has no part between {begin} and {end}.")
    return f"{before}{begin}\n{part}\n{end}{after}"


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "sample"
        for page, text in pages(data, build_sample(data)).items():
            if text != page.read_text(encoding="utf-8"):
                page.write_text(text, encoding="utf-8")
                print(f"{page.relative_to(PROJECT)} has changed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
