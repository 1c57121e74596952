#!/usr/bin/env python3
"""The layer check, on small houses with one thing wrong in each."""

import tempfile
import unittest
from pathlib import Path

import check


class LayerCheck(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def write(self, path, *includes, lines=0):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"#include {header}\n" for header in includes) + "\n" * lines)

    def found(self):
        return list(check.violations(self.root))

    def assert_one(self, *words):
        found = self.found()
        self.assertEqual(len(found), 1, found)
        for word in words:
            self.assertIn(word, found[0])

    def test_a_house_in_order_passes(self):
        self.write("common/error.hpp", "<string>")
        self.write("common/os/fd.hpp", '"common/error.hpp"')
        self.write("common/json/view.cpp", "<nlohmann/json.hpp>")
        self.write("daemon/io/pipe.hpp", "<asio.hpp>", '"common/os/fd.hpp"')
        self.write("daemon/pool/slot.hpp", '"daemon/io/pipe.hpp"')
        self.write("daemon/pool/slot.cpp", '"daemon/pool/slot.hpp"')
        self.write("daemon/verbs/job_service.hpp")
        self.write("daemon/flow/job_flow.cpp", '"daemon/pool/slot.hpp"', '"daemon/verbs/job_service.hpp"')
        self.write("daemon/main.cpp", "<CLI/CLI.hpp>", "<spdlog/spdlog.h>")
        self.write("client/verbs/map.cpp", '"common/error.hpp"')
        self.write("build/common/generated.hpp", lines=5000)
        self.assertEqual(self.found(), [])

    def test_a_ring_of_two_headers_is_found(self):
        self.write("common/a.hpp", '"common/b.hpp"')
        self.write("common/b.hpp", '"common/a.hpp"')
        self.assert_one("ring of components: common/a -> common/b -> common/a")

    def test_a_ring_through_a_source_file_is_found(self):
        self.write("common/a.hpp", '"common/b.hpp"')
        self.write("common/b.hpp")
        self.write("common/b.cpp", '"common/c.hpp"')
        self.write("common/c.hpp", '"common/a.hpp"')
        self.assert_one("ring of components: common/a -> common/b -> common/c -> common/a")

    def test_a_ring_of_rooms_without_a_ring_of_files_is_found(self):
        self.write("common/error.hpp", '"common/os/fd.hpp"')
        self.write("common/os/fd.hpp")
        self.write("common/os/child.hpp", '"common/result.hpp"')
        self.write("common/result.hpp")
        found = self.found()
        self.assertIn("ring of rooms: common -> common/os -> common", found)
        self.assertIn("common/error.hpp:1: includes common/os/fd.hpp: common may not use common/os", found)
        self.assertEqual(len(found), 2, found)

    def test_the_table_itself_has_no_ring(self):
        graph = {room: {other for other in others if other in check.ROOMS}
                 for room, others in check.ROOMS.items()}
        self.assertEqual(check.rings(graph), [])

    def test_a_wrong_arrow_is_found_with_its_line(self):
        self.write("daemon/pool/slot.hpp")
        self.write("daemon/store/journal.cpp", "<vector>", '"daemon/pool/slot.hpp"')
        self.assert_one("daemon/store/journal.cpp:2:", "daemon/store may not use daemon/pool")

    def test_angle_brackets_are_no_way_around(self):
        self.write("client/print.hpp")
        self.write("daemon/app.cpp", "<client/print.hpp>")
        self.assert_one("daemon may not use client")

    def test_flow_knows_the_interfaces_of_the_verbs_and_nothing_else_there(self):
        self.write("daemon/verbs/job_service.hpp")
        self.write("daemon/verbs/cancel.hpp")
        self.write("daemon/flow/job_flow.cpp", '"daemon/verbs/job_service.hpp"', '"daemon/verbs/cancel.hpp"')
        self.assert_one("daemon/flow/job_flow.cpp:2:", "daemon/flow may not use daemon/verbs")

    def test_a_header_that_is_not_there_is_found(self):
        self.write("client/main.cpp", '"print.hpp"')
        self.assert_one("includes print.hpp: is no path from the root")

    def test_each_library_is_only_where_it_belongs(self):
        for path, header in [
            ("common/os/fd.hpp", "asio.hpp"),
            ("client/connection.cpp", "asio/ip/tcp.hpp"),
            ("daemon/scheduler/queue.cpp", "asio.hpp"),
            ("daemon/worker/worker.cpp", "asio.hpp"),
            ("daemon/worker/runtimes/native.cpp", "spdlog/spdlog.h"),
            ("client/print.cpp", "spdlog/spdlog.h"),
            ("daemon/session/listener.cpp", "CLI/CLI.hpp"),
            ("common/protocol/codec.hpp", "nlohmann/json.hpp"),
            ("daemon/flow/job_flow.cpp", "nlohmann/json.hpp"),
            ("daemon/app.cpp", "toml++/toml.h"),
            ("daemon/flow/job_flow.cpp", "sqlite3.h"),
            ("common/error.cpp", "doctest/doctest.h"),
        ]:
            with self.subTest(path=path, header=header):
                self.write(path, f"<{header}>")
                self.assert_one(f"{path}:1: includes {header}")
                (self.root / path).unlink()

    def test_a_file_past_the_limit_is_found_wherever_it_is(self):
        for path in ["daemon/pool/slot.cpp", "tests/unit/slot.cpp", "tests/layers/check.py", "CMakeLists.txt"]:
            with self.subTest(path=path):
                self.write(path, lines=check.MAX_LINES)
                self.assertEqual(self.found(), [])
                self.write(path, lines=check.MAX_LINES + 1)
                self.assert_one(f"{path}: 401 lines")
                (self.root / path).unlink()

    def test_a_script_without_a_suffix_counts_and_data_does_not(self):
        (self.root / "run").write_text("#!/bin/sh\n" + "\n" * 400)
        (self.root / "data").write_text("\n" * 5000)
        self.assert_one("run: 401 lines")


if __name__ == "__main__":
    unittest.main()
