"""The parts inside, by Google Benchmark: where the time of a round trip goes. No targets."""

import json

from harness.places import BIN, check, output_of


def measure(table, effort):
    least = 0.02 if effort.quick else 0.2
    options = ["--benchmark_format=json", f"--benchmark_min_time={least}",
               f"--benchmark_repetitions={effort.rounds(5)}"]
    data = json.loads(output_of([BIN / "bench_parts", *options]))
    check(data["benchmarks"], "no part was measured")
    series = {}
    for run in data["benchmarks"]:
        if run["run_type"] == "iteration":
            series.setdefault(run["run_name"], []).append(run["cpu_time"])
    for name, times in series.items():
        table.figure(name, data["benchmarks"][0]["time_unit"], times)
