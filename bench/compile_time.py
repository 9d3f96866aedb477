#!/usr/bin/env python3
"""Measures what including Kennel costs a translation unit, as a ratio to a few standard headers.

    ./dev bench compile_time [--compiler g++] [--rounds 7] [--json FILE]

Each unit is compiled with -O0, in turn, round after round, and the least processor times are compared: they change little
when the machine is busy.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile

INCLUDE = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "include")

UNITS = {
    "baseline": "#include <string>\n#include <chrono>\n#include <functional>\n#include <mutex>\n",
    "fwd.hpp": "#include <kennel/fwd.hpp>\n",
    "umbrella": "#include <kennel/kennel.hpp>\n",
    "region_and_function": """#include <kennel/kennel.hpp>
int compute(int);
int use(int number) {
    static kennel::CacheRegion region{{.name = "numbers"}};
    static const auto cached = region.cache_on_arguments("compute", &compute);
    return cached(number);
}
""",
    "with_configure": """#include <kennel/kennel.hpp>
int compute(int);
int use(int number) {
    static kennel::CacheRegion region{{.name = "numbers"}};
    region.configure("memory");
    static const auto cached = region.cache_on_arguments("compute", &compute);
    return cached(number);
}
""",
}

GOALS = {"umbrella": 1.6, "region_and_function": 2.2}


def compile_once(compiler, source, directory):
    start = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(
        [compiler, "-std=c++20", "-O0", "-c", "-I", INCLUDE, source, "-o", os.path.join(directory, "unit.o")],
        check=True,
    )
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", metavar="FILE", help="save the figures")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as directory:
        sources = {}
        for name, text in UNITS.items():
            sources[name] = os.path.join(directory, name.replace(".", "_") + ".cpp")
            with open(sources[name], "w", encoding="utf-8") as file:
                file.write(text)
        seconds = {name: [] for name in UNITS}
        for round_number in range(options.rounds + 1):
            for name, source in sources.items():
                elapsed = compile_once(options.compiler, source, directory)
                if round_number > 0:  # the first warms the file cache up
                    seconds[name].append(elapsed)
            print(f"round {round_number} of {options.rounds}", end="\r", file=sys.stderr, flush=True)
        print(file=sys.stderr)

    least = {name: min(values) for name, values in seconds.items()}
    ratios = {name: least[name] / least["baseline"] for name in UNITS}
    print(f"{'unit':<22}{'least s':>10}{'ratio':>8}")
    for name in UNITS:
        print(f"{name:<22}{least[name]:>10.3f}{ratios[name]:>8.2f}")
    for name, goal in GOALS.items():
        verdict = "ok" if ratios[name] <= goal else "short"
        print(f"TARGET compile_time_{name} {ratios[name]:.2f} {goal} {verdict}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"seconds": seconds, "ratios": ratios}, file, indent=2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
