#!/usr/bin/env python3
"""The settings of a daemon that runs: what it says of them, and what a reload changes.

    tests/end_to_end/settings_test.py [UNITTEST ARGUMENT...]
"""

import json
import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from managed_daemon import BIN, PATIENCE, SETTINGS, Manager, wait_until  # noqa: E402


class Case(unittest.TestCase):
    def start(self, settings=SETTINGS, *options, **environment):
        self.manager = Manager(self, settings)
        self.manager.start(*options, **environment)
        return self.manager

    def write(self, text, name="procpoold.toml"):
        path = self.manager.directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def json(self, *words):
        return json.loads(self.manager.say("--json", *words))

    def setting(self, name):
        return {one["name"]: one for one in self.json("daemon", "config")["settings"]}[name]


class Config(Case):
    def test_every_value_is_told_with_where_it_comes_from(self):
        manager = self.start(SETTINGS + "[limits]\nkept_jobs = 5\n", "--log-level", "warning",
                             PROCPOOL_LIMITS_HISTORY_JOBS="6")
        file = manager.directory / "procpoold.toml"
        self.assertEqual(self.setting("limits.kept_jobs"), {"name": "limits.kept_jobs", "value": "5", "origin": "file",
                                                            "where": f"{file}:8"})
        self.assertEqual(self.setting("limits.history_jobs"), {
            "name": "limits.history_jobs", "value": "6", "origin": "environment", "where": "PROCPOOL_LIMITS_HISTORY_JOBS"})
        self.assertEqual(self.setting("log.level"), {"name": "log.level", "value": '"warning"', "origin": "flag",
                                                     "where": "--log-level"})
        self.assertEqual(self.setting("limits.connections"), {"name": "limits.connections", "value": "512",
                                                              "origin": "built_in"})
        self.assertEqual(self.setting("socket")["where"], "PROCPOOL_SOCKET")
        self.assertEqual(self.setting("state_dir")["where"], "--state-dir")
        self.assertEqual(self.setting("pools.default.workers")["where"], f"{file}:6")
        self.assertEqual(self.json("daemon", "config")["files"], [str(file)])
        table = manager.say("daemon", "config")
        self.assertRegex(table, rf"(?m)^limits\.kept_jobs +5 +{file}:8$")
        self.assertRegex(table, r"(?m)^limits\.connections +512 +built-in$")
        self.assertRegex(table, r"(?m)^log\.level +\"warning\" +--log-level$")
        self.assertTrue(table.endswith(f"Read, the later wins:\n{file}"))

    def test_without_a_named_file_the_user_s_is_found_and_read_again(self):
        manager = Manager(self)
        (manager.directory / "procpoold.toml").unlink()
        home = manager.directory / ".config/procpool"
        home.mkdir(parents=True)
        (home / "procpoold.toml").write_text("[pools.default]\nworkers = 1\n")
        log = open(manager.directory / "log", "w", encoding="utf-8")
        self.addCleanup(log.close)
        manager.daemon = subprocess.Popen(["procpoold", "--state-dir", "state"], cwd=manager.directory, stderr=log,
                                          env={**manager.environment, "NOTIFY_SOCKET": manager.notify_address})
        self.addCleanup(manager._end, manager.daemon)
        manager.wait_for("READY=1")
        (home / "procpoold.toml.d").mkdir()
        (home / "procpoold.toml.d/more.toml").write_text("[pools.default]\nworkers = 2\n")
        self.assertEqual(manager.say("daemon", "reload"), "changed: pool default has 2 workers")
        self.assertEqual(json.loads(manager.say("--json", "daemon", "config"))["files"],
                         [str(home / "procpoold.toml"), str(home / "procpoold.toml.d/more.toml")])


class Reload(Case):
    def test_what_can_change_does_and_no_job_notices(self):
        manager = self.start(SETTINGS + "max_age = '1d'\n[limits]\nqueued_tasks = 100\n")
        go = manager.directory / "go"
        command = f"until [ -e {go} ]; do sleep 0.02; done"
        running = manager.say("apply", "--async", "--", "sh", "-c", command)
        waiting = manager.say("apply", "--async", "--", "echo", "later")
        attached = manager.client("apply", "--raw", "--", "echo", "mine")
        self.assertTrue(wait_until(lambda: self.json("daemon", "status")["jobs"] == 3))
        self.write("[daemon]\nstop_timeout = 1000\nkill_after = 2\nstart_delay = '1ms'\n"
                   "[pools.default]\nworkers = 1\nmax_tasks_per_child = 7\n[pools.more]\nworkers = 1\n"
                   "[limits]\nqueued_tasks = 3\nconnections = 99\nkept_jobs = 12\n[log]\nlevel = 'debug'\n")
        answer = self.json("daemon", "reload")
        self.assertEqual(answer["needs_restart"], [])
        self.assertEqual(sorted(answer["changed"]), sorted([
            'daemon.kill_after is "2s"', 'daemon.start_delay is "1ms"', "pool more was made",
            "pools.default.max_tasks_per_child is 7", "pools.default.max_age is not set", "limits.queued_tasks is 3",
            "limits.connections is 99", "limits.kept_jobs is 12", 'log.level is "debug"']))
        limits = {one["name"]: one["limit"] for one in self.json("daemon", "status")["limits"]}
        self.assertEqual((limits["queued_tasks"], limits["connections"], limits["kept_jobs"]), (3, 99, 12))
        refused = manager.run("apply", "--async", "--", "true")
        self.assertIn("limits.queued_tasks is 3", refused.stderr)
        go.touch()
        self.assertIn('"exit":0', manager.say("get", running))
        self.assertIn("later", manager.say("get", waiting))
        self.assertEqual(attached.communicate(timeout=PATIENCE)[0], "mine\n")

    def test_what_needs_a_restart_is_named_each_time_and_in_the_log_and_is_not_in_force(self):
        manager = self.start()
        self.write(SETTINGS + "umask = '077'\n[daemon2]\n".replace("[daemon2]\n", "")
                   + "[access]\nshared = true\n")
        self.manager.directory.joinpath("procpoold.toml.d").mkdir()
        self.write("[daemon]\npython = 'python3.99'\n", "procpoold.toml.d/a.toml")
        for _ in range(2):
            answer = self.json("daemon", "reload")
            self.assertEqual(sorted(answer["needs_restart"]), ["access.shared", "daemon.python", "pools.default.umask"])
            self.assertEqual(answer["changed"], [])
        self.assertIn("warning: settings: pools.default.umask needs a restart of the daemon", manager.log())
        self.assertEqual(self.setting("access.shared"), {"name": "access.shared", "value": "false",
                                                         "origin": "built_in", "after_restart": "true"})
        self.assertIn("AFTER A RESTART", manager.say("daemon", "config"))
        manager.stop()

    def test_a_mistake_changes_nothing_and_is_told_with_its_place(self):
        manager = self.start()
        before = self.json("daemon", "config")
        self.manager.directory.joinpath("procpoold.toml.d").mkdir()
        self.write(SETTINGS + "[limits]\nkept_jobs = 3\n[pools.other]\nworkers = 1\n")
        self.write("[limits]\nconections = 7\n", "procpoold.toml.d/z.toml")
        done = manager.run("daemon", "reload")
        self.assertEqual(done.returncode, 125)
        self.assertIn("procpoold.toml.d/z.toml:2:1: unknown key 'limits.conections'; did you mean 'connections'?",
                      done.stderr)
        self.assertEqual(self.json("daemon", "config"), before)
        self.assertEqual([one["name"] for one in self.json("pool", "list")], ["default"])
        # The log says so whoever has asked for it.
        self.assertEqual(manager.log().count("the settings stay as they are"), 1)
        manager.daemon.send_signal(signal.SIGHUP)
        self.assertTrue(wait_until(lambda: manager.log().count("the settings stay as they are") == 2))
        self.assertEqual(self.json("daemon", "config"), before)

    def test_a_pool_whose_name_a_client_has_taken_changes_nothing(self):
        manager = self.start()
        manager.say("pool", "create", "taken", "--workers", "1")
        self.write(SETTINGS + "[limits]\nkept_jobs = 3\n[pools.early]\n[pools.taken]\nworkers = 1\n")
        done = manager.run("daemon", "reload")
        self.assertEqual(done.returncode, 125)
        self.assertRegex(done.stderr, r"procpoold\.toml:10: there is a pool 'taken' already")
        self.assertEqual([one["name"] for one in self.json("pool", "list")], ["default", "taken"])
        self.assertEqual(self.setting("limits.kept_jobs")["value"], "10000")

    def test_hangup_does_the_same_as_the_verb(self):
        manager = self.start()
        self.write(SETTINGS + "[limits]\nkept_jobs = 3\n")
        manager.daemon.send_signal(signal.SIGHUP)
        self.assertTrue(wait_until(lambda: "settings: limits.kept_jobs is 3" in manager.log()))
        manager.daemon.send_signal(signal.SIGHUP)
        self.assertTrue(wait_until(lambda: "settings: nothing has changed" in manager.log()))

    def test_more_room_lets_those_in_that_wait(self):
        manager = self.start(SETTINGS + "[limits]\nqueued_tasks = 2\n")
        feeding = manager.client("imap", "--raw", "--", "sh", "-c", f"until [ -e {manager.directory}/go ]; do sleep 0.02; done; echo {{}}",
                                 ":::", *map(str, range(9)))
        self.assertTrue(wait_until(lambda: self.json("daemon", "status")["tasks_running"] == 1))
        self.write(SETTINGS.replace("workers = 1", "workers = 3") + "[limits]\nqueued_tasks = 50\n")
        manager.say("daemon", "reload")
        (manager.directory / "go").touch()
        self.assertEqual(feeding.communicate(timeout=PATIENCE)[0].split(), [str(i) for i in range(9)])


class Start(Case):
    def test_a_mistake_anywhere_ends_the_start_with_78(self):
        manager = Manager(self)
        (manager.directory / "procpoold.toml.d").mkdir()
        (manager.directory / "procpoold.toml.d/a.toml").write_text("[limits]\nkept_jobs = -1\n")
        self.assertEqual(manager.start(wait=False).wait(PATIENCE), 78)
        self.assertIn("procpoold.toml.d/a.toml:2:13: 'limits.kept_jobs' must be from 0", manager.log())
        (manager.directory / "procpoold.toml.d/a.toml").unlink()
        self.assertEqual(manager.start(wait=False, PROCPOOL_LIMITS_COLOUR="red").wait(PATIENCE), 78)
        self.assertIn("PROCPOOL_LIMITS_COLOUR names no setting", manager.log())
        for options, status in ((["--check-config"], 0), (["--check-config", "--config", "missing.toml"], 78)):
            done = subprocess.run(["procpoold", *(["--config", "procpoold.toml"] if status == 0 else []), *options],
                                  cwd=manager.directory, env=manager.environment, timeout=PATIENCE, capture_output=True,
                                  text=True, check=False)
            self.assertEqual(done.returncode, status)
            self.assertEqual(done.stdout, "procpoold.toml: good\n" if status == 0 else "")

    def test_a_file_that_may_not_be_read_is_told(self):
        manager = Manager(self)
        who = {"user": 65534} if os.getuid() == 0 else {}  # root reads everything
        manager.directory.chmod(0o755)
        (manager.directory / "procpoold.toml.d").mkdir(mode=0o755)
        drop_in = manager.directory / "procpoold.toml.d/a.toml"
        drop_in.write_text("")
        drop_in.chmod(0)

        def check():
            return subprocess.run([BIN / "procpoold", "--check-config", "--config", "procpoold.toml"], cwd=manager.directory,
                                  env=manager.environment, timeout=PATIENCE, capture_output=True, text=True,
                                  check=False, **who)
        try:
            done = check()
        except PermissionError:
            self.skipTest("others cannot run the programs of this build")
        self.assertEqual((done.returncode, done.stderr), (
            78, "procpoold: cannot read the settings in 'procpoold.toml.d/a.toml': Permission denied\n"))
        drop_in.unlink()
        self.assertEqual(check().returncode, 0)

    def test_a_file_that_everybody_may_write_to_is_named_by_check_config_and_in_the_log(self):
        manager = Manager(self)
        (manager.directory / "procpoold.toml.d").mkdir()
        drop_in = manager.directory / "procpoold.toml.d/a\x1b.toml"
        drop_in.write_text("")
        drop_in.chmod(0o666)

        def check():
            return subprocess.run(["procpoold", "--check-config", "--config", "procpoold.toml"], cwd=manager.directory,
                                  env=manager.environment, timeout=PATIENCE, capture_output=True, text=True, check=True)
        said = (r"every user of this machine can change the settings in 'procpoold.toml.d/a\x1b.toml', and so what the daemon "
                r"runs; 'chmod o-w procpoold.toml.d/a\x1b.toml' ends that")
        self.assertEqual(check().stderr, f"procpoold: {said}\n")
        manager.start()
        self.assertIn(f" warning: {said}\n", manager.log())
        manager.stop()
        drop_in.chmod(0o664)  # the group is somebody's choice
        self.assertEqual(check().stderr, "")
        manager.start()
        self.assertNotIn("can change the settings", manager.log())


if __name__ == "__main__":
    unittest.main()
