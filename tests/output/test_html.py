"""The report for a browser: used in a real one, and inert whatever it is about."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from handbook.output import Format, RuleText
from tests.output.reports import report, sample, text_of

_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def dom(page: Path, fragment: str) -> str:
    """What a browser makes of a page, its script run, with what stands behind `#`."""
    command = [str(_CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    url = f"{page.as_uri()}#{fragment}"
    return subprocess.run(
        [*command, url], capture_output=True, text=True, check=True, timeout=60
    ).stdout


@pytest.mark.skipif(_CHROMIUM is None, reason="needs Chromium")
def test_the_filter_in_a_browser(tmp_path: Path) -> None:
    """Words behind `#` are typed into the filter: what lacks one of them is hidden, and counted."""
    page = tmp_path / "report.html"
    page.write_text(text_of(sample(), Format.HTML), encoding="utf-8")
    total = len(sample().violations)
    code = sample().violations[0].code
    same = sum(violation.code == code for violation in sample().violations)
    assert 0 < same < total
    shown = dom(page, code)
    assert f">{same} shown<" in shown
    assert len(re.findall(r"<article[^>]* hidden", shown)) == total - same
    assert f">{total} shown<" in dom(page, "")
    assert ">0 shown<" in dom(page, "no%20such%20word")


def test_it_is_one_file() -> None:
    """Nothing is fetched, and the rule's page is part of it."""
    about = RuleText("chapter", "A summary with <b>.", "the page & all of it")
    printed = text_of(replace(sample(), about=lambda code: about), Format.HTML)
    assert not re.search(r"(?:src|href)=|url\(|@import|https?:", printed)
    assert "A summary with &lt;b&gt;." in printed
    assert "the page &amp; all of it" in printed


def test_nothing_in_it_is_markup() -> None:
    """Messages, paths and sources that look like HTML are shown as they are."""
    evil = '"><script>alert(1)</script>'
    violations = [replace(sample().violations[0], message=evil, path=f"{evil}.py", name=evil)]
    printed = text_of(replace(report(), violations=violations, source=lambda _: evil), Format.HTML)
    assert printed.count("<script>") == 1
    assert "alert(1)" in printed
