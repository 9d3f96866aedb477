#!/usr/bin/env python3
"""Checks that every argument of a backend is documented: usage: arguments.py ROOT

Each name that a header asks an ArgumentReader for occurs as `name` in one of the pages of that header. Names in a table, such
as behaviors.hash, may stand there without it.
"""

import re
import sys
from pathlib import Path

REDIS = ["redis_backend.md"]
OTHER_REDIS = ["redis_sentinel_and_cluster.md"]
PAGES_OF = {
    "backends/memory/memory_settings.hpp": ["memory_backend.md"],
    "backends/memcached/memcached_settings.hpp": ["memcached_backend.md"],
    "backends/redis/redis_settings.hpp": REDIS,
    "backends/redis/tls_settings.hpp": ["redis_tls.md"],
    "backends/redis_sentinel.hpp": OTHER_REDIS,
    "backends/redis_cluster.hpp": OTHER_REDIS,
}
# arguments.get<Type>("name", ...), limited("name", ...) and the like
QUESTION = re.compile(r"\b(?:get|has|text|count|positive|limited|with_behavior)(?:<[^()]*?>)?\(\s*\"([\w.]+)\"")
# for (const char* const name : {"one", "two"})
LIST = re.compile(r"\bfor \([^{;]*:[^{;]*\{([^}]*)\}\)", re.DOTALL)


def asked_for(header):
    source = header.read_text(encoding="utf-8")
    names = set(QUESTION.findall(source))
    for block in LIST.findall(source):
        names |= set(re.findall(r"\"([\w.]+)\"", block))
    return names


def main():
    root = Path(sys.argv[1])
    problems = []
    count = 0
    for header, pages in PAGES_OF.items():
        names = asked_for(root / "include/kennel" / header)
        if len(names) < 2:
            problems.append(f"{header}: its arguments were not found")
        texts = "".join((root / "docs" / page).read_text(encoding="utf-8") for page in pages)
        documented = set(re.findall(r"`([\w.]+)`", texts))
        problems += [f"{header}: {name} is not in {' or '.join(pages)}"
                     for name in sorted(names)
                     if name not in documented and name.removeprefix("behaviors.") not in documented]
        count += len(names)
    for header in sorted((root / "include/kennel/backends").rglob("*.hpp")):
        name = header.relative_to(root / "include/kennel").as_posix()
        if name not in PAGES_OF and re.search(r"ArgumentReader\b.*\barguments?_?\b", header.read_text(encoding="utf-8")):
            if asked_for(header):
                problems.append(f"{name}: asks for arguments, but this script does not know in which page they are")
    print("\n".join(problems) or f"{count} arguments are documented")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
