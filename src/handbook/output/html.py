"""For people in a browser: one file that holds everything and fetches nothing."""

import html
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from handbook.output.frame import excerpt
from handbook.output.report import Report
from handbook.output.style import painter
from handbook.output.text import printable, source_lines
from handbook.output.tool import NAME, version
from handbook.violation import Severity, Violation

_TOP_FILES = 15
"""How many files have a bar."""

_STYLE = """
:root { color-scheme: light dark; --bar: #3b6fd4; --error: #b3261e; --warning: #8a5a00;
  --info: #1f6f8b; --line: #8885; --code: #8881; }
@media (prefers-color-scheme: dark) { :root { --bar: #7aa2f7; --error: #ff8a80; --warning: #ffcc66;
  --info: #7fd1e8; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
pre { background: var(--code); padding: .5rem .75rem; overflow-x: auto; margin: .4rem 0;
  font: 13px/1.4 ui-monospace, monospace; }
table { border-collapse: collapse; width: 100%; }
th { font-weight: normal; text-align: left; padding: .1rem .6rem .1rem 0; overflow-wrap: anywhere; }
td.count { text-align: right; padding-right: .6rem; font-variant-numeric: tabular-nums; }
td.bar { width: 45%; } td.bar div { background: var(--bar); height: .7rem; min-width: 2px; }
.bars { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr));
  gap: 0 2rem; }
input { font: inherit; width: 100%; box-sizing: border-box; padding: .45rem .6rem; margin: 1rem 0; }
details.rule { border-top: 1px solid var(--line); padding: .4rem 0; }
details.rule > summary { cursor: pointer; } article { margin: .8rem 0 .8rem 1rem; }
article p { margin: 0; overflow-wrap: anywhere; } .error { color: var(--error); }
.warning { color: var(--warning); } .info { color: var(--info); } [hidden] { display: none; }
"""

_SCRIPT = """
const box = document.querySelector('input'), said = document.querySelector('#shown');
const rules = [...document.querySelectorAll('details.rule')].map(rule => ({
  rule, count: rule.querySelector('.matching'),
  found: [...rule.querySelectorAll('article')].map(article =>
    ({ article, text: (rule.dataset.rule + ' ' + article.dataset.text).toLowerCase() })),
}));
function filter() {
  const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let total = 0;
  for (const { rule, count, found } of rules) {
    let here = 0;
    for (const { article, text } of found) {
      article.hidden = !words.every(word => text.includes(word));
      here += !article.hidden;
    }
    rule.hidden = !here; count.textContent = here; total += here;
    if (words.length && here && here <= 20) rule.open = true;
  }
  said.textContent = total + ' shown';
}
function follow() { box.value = decodeURIComponent(location.hash.slice(1)); filter(); }
box.addEventListener('input', filter);
addEventListener('hashchange', follow);
if (location.hash) follow();
"""


def render(report: Report) -> Iterator[str]:
    """Yield the page: what there is most of, a filter, and every violation by rule."""
    total = len(report.violations)
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<title>{NAME}: {_count(total)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
    yield f"<h1>{_count(total)}</h1>\n<p>{_summary(report)}</p>\n"
    if total:
        yield '<div class="bars">\n'
        yield from _bars("Chapters", [_chapter(each, report) for each in report.violations])
        yield from _bars("Severities", [each.severity.value for each in report.violations])
        yield from _bars("Rules", [f"{each.code} {each.name}" for each in report.violations])
        paths = [report.relative(each.path) for each in report.violations]
        yield from _bars("Files", paths, most=_TOP_FILES)
        yield "</div>\n<h2>Violations</h2>\n"
        yield '<label>Filter by any words of rule, message, path or severity\n<input type="search">'
        yield f'</label>\n<p id="shown" role="status">{total} shown</p>\n'
        yield from _rules(report)
        yield f"<script>{_SCRIPT}</script>\n"
    yield f"<p><small>{NAME} {_text(version())}</small></p>\n</body>\n</html>\n"


def _rules(report: Report) -> Iterator[str]:
    lines = source_lines(report)
    ordered = sorted(report.violations, key=lambda each: (each.code, each.sort_key))
    for code, group in groupby(ordered, key=lambda each: each.code):
        found = [*group]
        name = found[0].name
        about = report.about(code)
        rule = _text(f"{code} {name}", quote=True)
        yield f'<details class="rule" data-rule="{rule}">\n<summary><b>{_text(code)}</b> '
        yield f'{_text(name)} (<span class="matching">{len(found)}</span>)</summary>\n'
        if about is not None:
            yield f"<details><summary>{_text(about.summary)}</summary>\n"
            yield f"<pre>{_code(about.page)}</pre></details>\n"
        for violation in found:
            yield _article(violation, report, lines)
        yield "</details>\n"


def _article(violation: Violation, report: Report, lines: Callable[[str], Sequence[str]]) -> str:
    start = violation.span.start
    place = f"{report.relative(violation.path)}:{start.line}:{start.column + 1}"
    searched = _text(f"{place} {violation.message} {violation.severity}", quote=True)
    frame = "".join(
        excerpt(printable(place), lines(violation.path), violation.span, painter(False), "")
    )
    fix = f"<p>Fix: {_text(violation.fix.message)}</p>\n" if violation.fix else ""
    return (
        f'<article data-text="{searched}">\n<p><span class="{violation.severity}">'
        f"{violation.severity}</span> {_text(violation.message)}</p>\n"
        f"<pre>{_code(frame)}</pre>\n{fix}</article>\n"
    )


def _bars(title: str, values: Sequence[str], most: int | None = None) -> Iterator[str]:
    counted = Counter(values)
    largest = max(counted.values())
    shown = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:most]
    left = len(counted) - len(shown)
    yield f"<section>\n<h2>{title}{f' (and {left} more)' if left else ''}</h2>\n<table>\n"
    for value, count in shown:
        yield (
            f'<tr><th scope="row">{_text(value)}</th><td class="count">{count}</td>'
            f'<td class="bar"><div style="width:{100 * count / largest:.1f}%"></div></td></tr>\n'
        )
    yield "</table>\n</section>\n"


def _chapter(violation: Violation, report: Report) -> str:
    about = report.about(violation.code)
    return f"{violation.code[:-1]} {about.chapter if about is not None else ''}".strip()


def _summary(report: Report) -> str:
    counts = Counter(each.severity for each in report.violations)
    parts = [f"{counts[each]} {each}" for each in Severity if counts[each]]
    files = f"{report.files} file{'s' if report.files != 1 else ''} checked"
    return ", ".join([files, *parts])


def _count(total: int) -> str:
    return f"{total} violation{'s' if total != 1 else ''}" if total else "All checks passed"


def _text(text: str, *, quote: bool = False) -> str:
    return html.escape(printable(text), quote=quote)


def _code(text: str) -> str:
    return "\n".join(html.escape(printable(line), quote=False) for line in text.split("\n"))
