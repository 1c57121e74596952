"""What a run leaves: NAME.json for each bench, and of all of them table.md and chart.svg."""

import json
import os
import platform
from pathlib import Path

from harness.chart import svg
from harness.places import CPUS
from harness.table import Table


def write(table, directory):
    directory.mkdir(parents=True, exist_ok=True)
    machine = {"cpus": CPUS, "kernel": platform.release(), "load": os.getloadavg()[0],
               "autogroup": groups_sessions()}
    data = {**table.as_data(), "machine": machine}
    (directory / f"{table.name}.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def groups_sessions():
    """Does the kernel share the CPUs by session? Then a peer in one session gets less than
    workers in several, as soon as the CPUs are short."""
    setting = Path("/proc/sys/kernel/sched_autogroup_enabled")
    return setting.exists() and setting.read_text(encoding="ascii").strip() == "1"


def summarise(names, directory):
    """Of the newest result of each of these benches that has one."""
    files = [directory / f"{name}.json" for name in names]
    tables = [Table.from_data(json.loads(file.read_text(encoding="utf-8")))
              for file in files if file.exists()]
    (directory / "table.md").write_text(markdown(tables), encoding="utf-8")
    (directory / "chart.svg").write_text(svg(tables), encoding="utf-8")


def markdown(tables):
    lines = ["| | measured | compared with | ratio | target | |", "| --- | --- | --- | --- | --- | --- |"]
    for table in tables:
        lines.append(f"| **{table.name}** | | | | | |")
        lines += ["| " + " | ".join(row) + " |" for row in table.rows()]
    return "\n".join(lines) + "\n"
