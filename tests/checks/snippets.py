#!/usr/bin/env python3
"""Checks the documentation: usage: snippets.py ROOT [--update]

Every C++ block in README.md, docs/*.md and examples/*.md is identical to the region of a compiled file that is named in the
line above it, every relative link leads to a file and a heading that exist, and every page is at most two links away from
README.md.

    <!-- examples/01_get_or_create.cpp [configure] -->      between `// [configure]` and `// [/configure]`, or `#`
    <!-- examples/05_configuration_file.toml -->            the whole file

With --update the blocks are replaced by what the files say.
"""

import re
import sys
from pathlib import Path
from textwrap import dedent

SOURCE = re.compile(r"<!-- ([\w./-]+\.\w+)(?: \[(\w+)\])? -->")
LINK = re.compile(r"\]\(([^)\s]+)\)")


def region_of(path, name):
    lines = path.read_text(encoding="utf-8").splitlines()
    if name is None:
        return lines
    marks = [number for number, line in enumerate(lines) if re.fullmatch(rf"(//|#) \[/?{name}\]", line.strip())]
    if len(marks) != 2:
        raise LookupError(f"{path} has no region [{name}], or more than one")
    return dedent("\n".join(lines[marks[0] + 1 : marks[1]])).splitlines()


def without_code(lines):
    is_code = False
    for number, line in enumerate(lines, 1):
        if line.startswith("```"):
            is_code = not is_code
        elif not is_code:
            yield number, re.sub(r"`[^`]*`", lambda code: code.group().replace("](", "] ("), line)


def anchors_of(path):
    anchors = set()
    for _, line in without_code(path.read_text(encoding="utf-8").splitlines()):
        if heading := re.match(r"#+ +(.*)", line):
            text = re.sub(r"[^\w\- ]", "", heading[1].strip().lower())
            anchors.add(text.replace(" ", "-"))
    return anchors


def check_blocks(root, page, name, lines, problems):
    """Gives the lines as they should be."""
    result = []
    position = 0
    while position < len(lines):
        line = lines[position]
        result.append(line)
        position += 1
        if not line.startswith("```"):
            continue
        end = lines.index("```", position)
        block = lines[position:end]
        source = SOURCE.fullmatch(lines[position - 2].strip()) if position > 1 else None
        if source:
            try:
                wanted = region_of(root / source[1], source[2])
            except (OSError, LookupError) as error:
                problems.append(f"{name}:{position}: {error}")
                wanted = block
            if block != wanted:
                problems.append(f"{name}:{position}: differs from {source[1]} [{source[2]}]")
                block = wanted
        elif line == "```cpp":
            problems.append(f"{name}:{position}: does not say which compiled file it is cut from")
        result += block + ["```"]
        position = end + 1
    return result


def check_links(page, name, lines, problems):
    for number, line in without_code(lines):
        for link in LINK.findall(line):
            if re.match(r"[a-z]+:", link):
                continue
            path, _, anchor = link.partition("#")
            target = (page.parent / path) if path else page
            if not target.exists():
                problems.append(f"{name}:{number}: {link}: there is no such file")
            elif anchor and anchor not in anchors_of(target):
                problems.append(f"{name}:{number}: {link}: there is no such heading")


def pages_linked_by(page):
    lines = page.read_text(encoding="utf-8").splitlines()
    links = [link.partition("#")[0] for _, line in without_code(lines) for link in LINK.findall(line)]
    return {(page.parent / link).resolve() for link in links if link.endswith(".md") and not re.match(r"[a-z]+:", link)}


def check_reachable(root, pages, problems):
    reached = {(root / "README.md").resolve()}
    for _ in range(2):
        reached = reached.union(*(pages_linked_by(page) for page in reached if page.exists()))
    for page in pages:
        if page.resolve() not in reached:
            problems.append(f"{page.relative_to(root)}: is more than two links away from README.md")


def main():
    root = Path(sys.argv[1])
    is_update = "--update" in sys.argv[2:]
    problems = []
    pages = [root / "README.md", *sorted((root / "docs").glob("*.md")), *sorted((root / "examples").glob("*.md"))]
    for page in pages:
        name = page.relative_to(root)
        lines = page.read_text(encoding="utf-8").splitlines()
        wanted = check_blocks(root, page, name, lines, problems)
        if is_update and wanted != lines:
            page.write_text("\n".join(wanted) + "\n", encoding="utf-8")
        check_links(page, name, lines, problems)
    check_reachable(root, pages, problems)
    print("\n".join(problems) or f"{len(pages)} pages are as they should be")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
