#!/usr/bin/env python3
"""Tests the benchmark hit_ratio: usage: hit_ratio.py PROGRAM [unittest arguments]"""

import gzip
import json
import lzma
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree
from collections import OrderedDict
from pathlib import Path

PROGRAM = ""
LOOP = [f"user {number}: Åsa" for number in range(11)] * 11


def misses_of_lru(keys, capacity):
    held, misses = OrderedDict(), 0
    for key in keys:
        if key not in held:
            misses += 1
            if len(held) == capacity:
                held.popitem(last=False)
        held[key] = None
        held.move_to_end(key)
    return misses


def misses_of_optimum(keys, capacity):
    held, misses = set(), 0
    for position, key in enumerate(keys):
        if key in held:
            continue
        misses += 1
        if len(held) == capacity:
            rest = keys[position:]
            held.remove(max(held, key=lambda other: rest.index(other) if other in rest else len(keys)))
        held.add(key)
    return misses


def some_keys(count=3000):
    """Popular keys, and now and then a scan."""
    chosen = random.Random(1)
    keys = []
    while len(keys) < count:
        keys.append(int(chosen.paretovariate(0.6)) % 400)
        if chosen.random() < 0.01:
            keys += range(1000, 1000 + chosen.randrange(60))
    return keys[:count]


def as_text(keys):
    return "".join(f"{key}\n" for key in keys).encode()


def as_numbers(keys):
    return struct.pack(f"<{len(keys)}Q", *keys)


class HitRatio(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def file(self, name, content):
        path = self.directory / name
        path.write_bytes(content)
        return str(path)

    def run_tool(self, *arguments, **options):
        return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, timeout=300, check=False, **options)

    def output_of(self, *arguments, **options):
        process = self.run_tool(*arguments, **options)
        self.assertEqual(process.returncode, 0, process.stderr)
        return process.stdout.decode()

    def figures_of(self, *arguments, **options):
        """What it says of each trace."""
        path = self.directory / "figures.json"
        self.output_of("--json", path, *arguments, **options)
        return json.loads(path.read_text())["traces"]

    def cell_of(self, *arguments, **options):
        (trace,) = self.figures_of(*arguments, **options)
        (cell,) = trace["capacities"]
        return cell

    def misses_of(self, *arguments, **options):
        """Those that depend on nothing but the keys; the other policies go by hashes, which are others in every run."""
        cell = self.cell_of("--capacities", "50", *arguments, **options)
        return cell["lru_exact"], cell["misses"]["lru"], cell["optimum"]

    def assert_refuses(self, arguments, *words, exit_code=1, **options):
        process = self.run_tool(*arguments, **options)
        self.assertEqual(process.returncode, exit_code, process.stdout)
        self.assertEqual(process.stdout, b"")
        message = process.stderr.decode()
        self.assertEqual(message.count("\n"), 1, message)
        for word in words:
            self.assertIn(word, message)

    # Figures

    def test_a_loop_one_key_too_long_is_all_misses_for_lru_and_few_for_the_optimum(self):
        cell = self.cell_of("--capacities", "10", self.file("loop.txt", as_text(LOOP)))
        self.assertEqual(cell["lru_exact"], 100)
        self.assertEqual(cell["misses"]["lru"], 100)
        self.assertAlmostEqual(cell["optimum"], 100 * 22 / 121, places=4)  # 10 at first, and every tenth from then on

    def test_every_key_misses_once_where_there_is_room_for_all(self):
        cell = self.cell_of("--capacities", "10", self.file("few.txt", b"a\nb\na\nc\na\n"))
        self.assertEqual([cell["lru_exact"], cell["optimum"]], [60, 60])
        self.assertEqual(cell["misses"], {"adaptive": 60, "s3_fifo": 60, "lru": 60})
        self.assertIsNone(cell["share_of_gap"]["adaptive"])

    def test_references_and_an_undivided_backend_agree_with_plain_models(self):
        keys = some_keys()
        (trace,) = self.figures_of("--capacities", "10,37,120,300", self.file("keys.u64", as_numbers(keys)))
        self.assertEqual(trace["keys"], len(set(keys)))
        for cell, capacity in zip(trace["capacities"], [10, 37, 120, 300], strict=True):
            lru = 100 * misses_of_lru(keys, capacity) / len(keys)
            optimum = 100 * misses_of_optimum(keys, capacity) / len(keys)
            self.assertEqual(cell["entries"], capacity)
            self.assertAlmostEqual(cell["lru_exact"], lru, places=4)
            self.assertAlmostEqual(cell["misses"]["lru"], lru, places=4)
            self.assertAlmostEqual(cell["optimum"], optimum, places=4)
            if lru - optimum < 1:
                self.assertIsNone(cell["share_of_gap"]["adaptive"])
            else:
                share = (lru - cell["misses"]["adaptive"]) / (lru - optimum)
                self.assertAlmostEqual(cell["share_of_gap"]["adaptive"], share, places=3)

    def test_a_divided_backend_comes_near_to_an_undivided_lru(self):
        cell = self.cell_of("--capacities", "8192", "--policy", "lru", "synthetic:zipf:0.8:30000:100000")
        self.assertAlmostEqual(cell["misses"]["lru"], cell["lru_exact"], delta=0.5)

    def test_shares_are_of_the_different_keys_and_ten_entries_are_the_least(self):
        (trace,) = self.figures_of("--capacities", "0.1%,12.5%,100%", "synthetic:loop:1000:3000")
        self.assertEqual([cell["entries"] for cell in trace["capacities"]], [10, 125, 1000])

    def test_a_capacity_that_is_raised_to_the_least_is_told(self):
        for capacities, is_told in [("9", True), ("10", False), ("0.1%", True), ("1%", False), ("20,3", True)]:
            text = self.output_of("--capacities", capacities, "synthetic:loop:1000:3000")
            self.assertEqual("raised to 10 entries" in text, is_told, text)

    def test_synthetic_traces_are_the_same_every_time(self):
        for description in ["zipf:1.1", "drift:0.9", "scan:0.9"]:
            trace = f"synthetic:{description}:500:5000"
            first = self.misses_of(trace)
            self.assertEqual(first, self.misses_of(trace))
            self.assertNotEqual(first, self.misses_of("--seed", "2", trace))

    # Keys

    def test_each_line_is_a_key_but_for_empty_ones(self):
        content = b"a b\r\n\n a b\r\n\r\na b\nlast one without an end"
        (trace,) = self.figures_of(self.file("odd.log", content))
        self.assertEqual((trace["requests"], trace["keys"]), (4, 3))

    def test_text_and_numbers_give_the_same_misses(self):
        text = self.misses_of(self.file("keys.txt", as_text(some_keys())))
        for name, options in [("keys.u64", []), ("keys", []), ("keys.txt", ["--format", "u64"])]:
            numbers = self.misses_of(*options, self.file(name, as_numbers(some_keys())))
            self.assertEqual(numbers, text)

    def test_the_format_that_is_asked_for_counts(self):
        (trace,) = self.figures_of("--format", "text", self.file("keys.u64", b"a\nb\n"))
        self.assertEqual(trace["keys"], 2)

    def test_standard_input_is_read(self):
        keys = as_numbers(some_keys())
        expected = self.misses_of(self.file("keys.u64", keys))
        self.assertEqual(self.misses_of("-", input=keys), expected)
        self.assertEqual(self.misses_of("-", input=as_text(some_keys())), expected)

    def test_a_named_pipe_is_read(self):
        path = self.directory / "pipe"
        os.mkfifo(path)
        writer = subprocess.Popen(["sh", "-c", f"exec seq 1 50000 >'{path}'"])
        self.addCleanup(writer.wait)
        self.addCleanup(writer.kill)
        (trace,) = self.figures_of("--capacities", "50", path)
        self.assertEqual(trace["requests"], 50_000)

    def test_keys_and_lines_may_be_long(self):
        long_key = b"x" * 200_000
        (trace,) = self.figures_of(self.file("long.txt", long_key + b"\n" + long_key + b"y\n" + long_key + b"\n"))
        self.assertEqual((trace["requests"], trace["keys"]), (3, 2))

    def test_no_more_than_the_first_requests_are_taken(self):
        for content in as_text(LOOP), as_numbers(range(100_000)):
            (trace,) = self.figures_of("--first", "5", self.file("keys", content))
            self.assertEqual(trace["requests"], 5)

    @unittest.skipUnless(shutil.which("xz"), "there is no xz")
    def test_what_xz_has_compressed_is_read(self):
        keys = as_numbers(some_keys(100_000))
        expected = self.misses_of(self.file("keys.u64", keys))
        self.assertEqual(self.misses_of(self.file("-- $(x) '.xz", lzma.compress(keys))), expected)
        (trace,) = self.figures_of("--first", "3", self.file("keys.txt.xz", lzma.compress(as_text(LOOP * 1000))))
        self.assertEqual(trace["requests"], 3)

    # Bad input

    def test_files_that_are_no_traces_are_refused_by_name(self):
        self.assert_refuses([self.directory / "absent.txt"], "absent.txt", "cannot be opened")
        self.assert_refuses([self.directory], str(self.directory), "cannot be read")
        self.assert_refuses([self.file("empty.txt", b"")], "empty.txt", "is empty")
        self.assert_refuses([self.file("blank.txt", b"\n\r\n\n")], "blank.txt", "not one key")
        self.assert_refuses(["-"], "standard input", "is empty", input=b"")
        self.assert_refuses([self.file("cut.u64", as_numbers(range(9))[:-3])], "cut.u64", "middle of a key", "--format text")
        self.assert_refuses([self.file("big", b"x" * (1 << 24))], "big", "16 MiB", "--format u64")
        self.assert_refuses([self.file("keys.gz", gzip.compress(as_text(LOOP)))], "keys.gz", "gzip -dc")

    def test_the_second_trace_is_looked_for_before_the_first_is_replayed(self):
        self.assert_refuses([self.file("good.txt", as_text(LOOP)), self.directory / "absent.txt"], "absent.txt")
        self.assert_refuses([self.file("good.txt", as_text(LOOP)), "synthetic:loop"], "synthetic:loop")

    @unittest.skipUnless(shutil.which("xz"), "there is no xz")
    def test_damaged_xz_files_are_refused(self):
        whole = lzma.compress(as_numbers(some_keys(100_000)))
        for content in whole[: len(whole) // 2], whole[:10], whole[:-40] + bytes(40):
            self.assert_refuses([self.file("cut.u64.xz", content)], "cut.u64.xz", "damaged or cut off")
        self.assert_refuses([self.file("none.xz", lzma.compress(b""))], "none.xz", "is empty")

    def test_compressed_traces_need_xz(self):
        path = self.file("keys.u64.xz", lzma.compress(as_numbers(range(100))))
        self.assert_refuses([path], path, "xz-utils", env={**os.environ, "PATH": str(self.directory)})
        self.assert_refuses(["-"], "standard input", "xz -dc", input=lzma.compress(as_text(LOOP)))

    def test_wrong_arguments_are_refused(self):
        trace = self.file("loop.txt", as_text(LOOP))
        for arguments, word in [
            (["--polisy", "lru"], "--polisy"),
            (["--policy", "lru,fifo"], "adaptive, s3_fifo, lru"),
            (["--capacities", "0"], "'0'"),
            (["--capacities", "1%,,2%"], "''"),
            (["--capacities", "101%"], "'101'"),
            (["--capacities", "nan%"], "'nan'"),
            (["--first", "-1"], "'-1'"),
            (["--threads", "0"], "'0'"),
            (["--format", "csv"], "csv"),
            (["--plot", "x.svg", trace], "--plot draws one trace, and there are 2"),
        ]:
            self.assert_refuses([*arguments, trace], word, exit_code=2)
        self.assert_refuses([trace, "--policy"], "--policy needs a value", exit_code=2)
        self.assert_refuses(["--json", self.directory / "no" / "x.json", trace], "x.json", "cannot be written")

    def test_no_synthetic_trace_without_sense_is_made(self):
        for wrong in ["", "zipf", "zipf:1:1", "zipf:-1:9:9", "zipf:1:0:9", "zipf:1:9:9:9", "walk:1:9:9", "loop:9:x"]:
            self.assert_refuses([f"synthetic:{wrong}"], "there is no such synthetic trace")

    # Output

    def test_the_help_tells_every_option(self):
        text = self.output_of("--help")
        for option in ["capacities", "policy", "first", "no-optimum", "optimum-limit", "quick", "format", "seed", "plot",
                       "json", "progress", "threads", "help"]:
            self.assertIn(f"  --{option}", text)

    def test_there_are_targets_for_traces_and_none_without(self):
        trace = "synthetic:scan:0.9:2000:20000"
        lines = [line.split() for line in self.output_of(trace).splitlines() if line.startswith("TARGET")]
        self.assertEqual([(line[1], line[3]) for line in lines], [("hit_ratio_share_of_gap", "0.37"),
                                                                  ("hit_ratio_share_of_gap_worst_fifth", "0.07"),
                                                                  ("hit_ratio_loss_against_lru_in_points", "1.00")])
        for line in lines:
            self.assertEqual(len(line), 5)
            self.assertIn(line[4], ["ok", "short"])
        self.assertNotIn("TARGET", self.output_of("--policy", "lru", trace))
        built_in = self.output_of("--quick", "--first", "2000")
        self.assertIn("synthetic", built_in)
        self.assertNotIn("TARGET", built_in)

    def test_the_score_is_the_mean_and_the_worst_fifth_a_fifth_of_the_traces(self):
        path = self.directory / "figures.json"
        traces = [f"synthetic:zipf:{exponent}:800:8000" for exponent in (0.5, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3)]
        text = self.output_of("--capacities", "5%,25%", "--json", path, *traces)
        scores = []
        for result in json.loads(path.read_text())["traces"]:
            shares = [cell["share_of_gap"]["adaptive"] for cell in result["capacities"]]
            shares = [share for share in shares if share is not None]
            self.assertAlmostEqual(result["share_of_gap"]["adaptive"], sum(shares) / len(shares), places=4)
            scores.append(sum(shares) / len(shares))
        for name, mean in ("all (8)", sum(scores) / 8), ("the worst fifth (2)", sum(sorted(scores)[:2]) / 2):
            (line,) = [line for line in text.splitlines() if line.startswith(f"mean of {name} ")]
            self.assertAlmostEqual(float(line.split()[-3]), mean, delta=0.001)

    def test_the_optimum_may_be_left_out(self):
        trace = self.file("loop.txt", as_text(LOOP))
        for options in ["--no-optimum"], ["--optimum-limit", "120"]:
            self.assertIsNone(self.cell_of("--capacities", "10", *options, trace)["optimum"])
        self.assertIsNotNone(self.cell_of("--capacities", "10", "--optimum-limit", "121", trace)["optimum"])
        self.assertNotIn("optimum", self.output_of("--no-optimum", trace))

    def test_only_the_policies_that_are_asked_for_are_measured(self):
        trace = self.file("loop.txt", as_text(LOOP))
        cell = self.cell_of("--capacities", "10", "--policy", "lru,adaptive", "--policy", "lru", trace)
        self.assertEqual(list(cell["misses"]), ["lru", "adaptive"])

    def test_progress_is_told_where_it_is_wanted(self):
        self.assertEqual(self.run_tool("--quick", "synthetic:loop:50:500").stderr, b"")
        trace = self.file("loop.txt", as_text(LOOP))
        self.assertIn(b"reading", self.run_tool("--quick", "--progress", trace).stderr)

    def test_the_plot_is_well_formed_and_has_titles_ticks_and_a_legend(self):
        path = self.directory / "plot.svg"
        trace = self.file("<keys> & \"others\" \xe5.txt", as_text(some_keys()))
        for options, points in ([], 9), (["--capacities", "10%"], 1), (["--capacities", "20,40,30"], 3):
            self.output_of("--plot", path, *options, trace)
            svg = xml.etree.ElementTree.parse(path).getroot()
            names = {"svg": "http://www.w3.org/2000/svg"}
            lines = svg.findall("svg:polyline", names)
            self.assertEqual(len(lines), 5)
            for line in lines:
                self.assertGreaterEqual(len(line.get("points").split()), points)
            texts = [text.text for text in svg.findall("svg:text", names)]
            self.assertIn('Misses by capacity: <keys> & "others" ??', texts)
            for text in ["exact LRU", "optimum", "adaptive", "s3_fifo", "lru", "capacity in entries (logarithmic)",
                         "misses in percent of the requests", "0"]:
                self.assertIn(text, texts)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
