#!/usr/bin/env python3
"""The units of systemd/, under a real systemd.

    tests/end_to_end/systemd_test.py        as root, where systemd is process 1

The units are installed for this test alone: under names, directories and a user of their own, below /run, with
the programs of the build. Skipped where systemd does not run, or not for us.
"""

import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("PROCPOOL_SOURCE_DIR") or Path(__file__).resolve().parents[2])
BIN = Path(os.environ.get("PROCPOOL_BIN_DIR") or ROOT / "build/debug/bin")
UNITS = Path("/run/systemd/system")
SETTINGS = Path("/run/procpool-test.d")
STATE = Path("/var/lib/procpool-test")
RUNTIME = Path("/run/procpool-test")
USER = "daemon"  # every system has it, and it has nothing
SERVICE, SOCKET = "procpoold-test.service", "procpoold-test.socket"
CATALOGS = Path("/usr/local/lib/systemd/catalog")
PATIENCE = 120  # [s]

DEFAULTS = """
[daemon]
stop_timeout = 1000
kill_after = 1
[pools.default]
workers = 1
[pools.small]
workers = 1
memory = "48MiB"
"""
HOARD = "import mmap; m = mmap.mmap(-1, 200 << 20); [m.write(bytes(1 << 20)) for _ in range(200)]"


def skip(reason):
    print("skipped: " + reason)
    sys.exit(77)


def call(*words, **how):
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          timeout=PATIENCE, **how)


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def filled_in(name):
    """A unit of the system as it is installed, but for this test."""
    text = (ROOT / f"systemd/system/{name}.in").read_text()
    text = text.replace("@bindir@", str(BIN)).replace("@sysconfdir@/procpool", str(SETTINGS))
    text = text.replace("procpoold.socket", SOCKET).replace("/run/procpool/", f"{RUNTIME}/")
    text = text.replace("/var/lib/procpool", str(STATE))
    text = re.sub(r"^((?:Runtime|State)Directory)=procpool$", r"\1=procpool-test", text, flags=re.MULTILINE)
    text = re.sub(r"^((?:Socket)?(?:User|Group))=procpool$", rf"\1={USER}", text, flags=re.MULTILINE)
    return text.replace("WatchdogSec=30", "WatchdogSec=2")


def check_place():
    if not Path("/run/systemd/system").is_dir() or not shutil.which("systemctl"):
        skip("systemd does not run here")
    if os.getuid() != 0:
        skip("only root makes units of the system")
    for name in (SERVICE, SOCKET):
        if call("systemctl", "cat", name).returncode == 0:
            skip(f"there is a unit {name} already")
    if STATE.exists() or RUNTIME.exists() or SETTINGS.exists():
        skip(f"there is something at {STATE}, {RUNTIME} or {SETTINGS} already")
    probe = call("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", BIN / "procpoold", "--version")
    if probe.returncode != 0:
        skip(f"the user {USER} cannot run {BIN}/procpoold")


def client(*words):
    return call(BIN / "procpool", "--no-autostart", "--socket", str(RUNTIME / "socket"), *words)


def say(*words):
    done = client(*words)
    if done.returncode != 0:
        raise AssertionError(f"{words}: {done.stderr}")
    return done.stdout.rstrip("\n")


def shown(what, unit=SERVICE):
    return call("systemctl", "show", "-P", what, unit).stdout.strip()


class Journal:
    """What it has of the service since this was made."""

    def __init__(self):
        call("journalctl", "--sync")
        last = call("journalctl", "--quiet", "--lines=0", "--show-cursor").stdout
        found = re.search("cursor: (.*)", last)
        self._since = ["--after-cursor", found[1]] if found else []

    def text(self):
        call("journalctl", "--sync")
        return call("journalctl", "--no-pager", "-u", SERVICE, "-o", "cat", *self._since).stdout

    def explained(self):
        """The same with what the catalog has of each line."""
        call("journalctl", "--sync")
        return call("journalctl", "--no-pager", "-x", "-u", SERVICE, *self._since).stdout

    def entries(self, **fields):
        """Those of the service with these fields. Not by a match of journalctl: with a cursor it may skip the first."""
        call("journalctl", "--sync")
        lines = call("journalctl", "--no-pager", "-o", "json", *self._since).stdout.splitlines()
        wanted = {"_SYSTEMD_UNIT": SERVICE, **fields}.items()
        return [entry for entry in map(json.loads, lines) if wanted <= {k: str(v) for k, v in entry.items()}.items()]


def is_active():
    return shown("ActiveState") == "active"


class Units(unittest.TestCase):
    def setUp(self):
        SETTINGS.mkdir()
        self.addCleanup(shutil.rmtree, SETTINGS)
        (SETTINGS / "procpoold.toml").write_text(DEFAULTS)
        (UNITS / SERVICE).write_text(filled_in("procpoold.service"))
        (UNITS / SOCKET).write_text(filled_in("procpoold.socket"))
        self.addCleanup(self._remove)
        self.journal = Journal()
        self._systemctl("daemon-reload")
        self._systemctl("start", SOCKET)

    def _remove(self):
        call("systemctl", "stop", SOCKET, SERVICE)
        call("systemctl", "kill", "--signal=KILL", SERVICE)  # kept commands
        call("systemctl", "reset-failed", SERVICE, SOCKET)
        for drop_in in UNITS.glob("procpoold-test.*"):
            shutil.rmtree(drop_in) if drop_in.is_dir() else drop_in.unlink()
        call("systemctl", "daemon-reload")
        for directory in (STATE, RUNTIME):
            shutil.rmtree(directory, ignore_errors=True)

    def _systemctl(self, *words):
        done = call("systemctl", *words)
        self.assertEqual(done.returncode, 0, f"{words}: {done.stderr}\n{self.journal.text()}")

    def test_first_client_starts_the_daemon_and_waits_until_it_is_ready(self):
        self.assertFalse(is_active())
        self.assertEqual(say("apply", "--raw", "--", "id", "-un"), USER)
        self.assertTrue(is_active())
        self.assertEqual(shown("Type"), "notify")
        # What systemd has started is what serves: nobody has gone to the background.
        pid = shown("MainPID")
        self.assertEqual((pid, Path(f"/proc/{pid}/stat").read_text().split()[3]), (shown("ExecMainPID"), "1"))
        self.assertEqual(json.loads(say("--json", "daemon", "status"))["pid"], int(pid))
        self.assertRegex(shown("StatusText"), "^serving on .*: 2 workers in 2 pools; ")
        self.assertEqual(RUNTIME.stat().st_mode & 0o777, 0o755)
        self.assertEqual((RUNTIME / "socket").stat().st_mode & 0o777, 0o660)

    def test_job_has_a_control_group_below_ours_and_nothing_that_was_for_the_daemon(self):
        said = say("apply", "--raw", "--", "sh", "-c", "cat /proc/self/cgroup; env")
        self.assertRegex(said, rf"/{SERVICE}/procpoold-\d+/worker-\d+")
        self.assertNotRegex(said, "(?m)^(NOTIFY_SOCKET|LISTEN_|WATCHDOG_|JOURNAL_STREAM|INVOCATION_ID|SYSTEMD_EXEC_PID)")
        worker = json.loads(say("--json", "pool", "show", "default"))["workers"][0]["pid"]
        environment = Path(f"/proc/{worker}/environ").read_text().replace("\0", "\n")
        self.assertNotRegex(environment, "(?m)^(NOTIFY_SOCKET|LISTEN_|WATCHDOG_|JOURNAL_STREAM|INVOCATION_ID|"
                                         "SYSTEMD_EXEC_PID|STATE_DIRECTORY|RUNTIME_DIRECTORY)")

    def test_a_job_goes_before_the_daemon_when_memory_runs_out(self):
        said = say("apply", "--raw", "--", "cat", "/proc/self/oom_score_adj")
        daemon = Path(f"/proc/{shown('MainPID')}/oom_score_adj").read_text().strip()
        self.assertEqual(shown("OOMScoreAdjust"), "-200")
        if daemon == "0":
            self.skipTest("systemd may not lower oom_score_adj here")
        self.assertEqual((daemon, said), ("-200", "0"))

    def test_restart_and_crash_take_running_kept_commands_over(self):
        held = say("apply", "--async", "--", "sh", "-c", f"until [ -e {STATE}/go ]; do sleep 0.1; done; echo over")
        queued = say("apply", "--async", "--", "echo", "later")
        self.assertTrue(wait_until(lambda: json.loads(say("--json", "show", held))["state"] == "running"))
        attached = subprocess.Popen([BIN / "procpool", "--no-autostart", "--socket", str(RUNTIME / "socket"), "apply",
                                     "--pool", "small", "--timeout", "1", "--", "sleep", "1000"],
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._systemctl("restart", SERVICE)  # the attached one has its time first
        self.assertEqual(attached.wait(PATIENCE), 124)
        self.assertIn("left-over process", self.journal.text())
        before = shown("MainPID")
        os.kill(int(before), signal.SIGKILL)
        self.assertTrue(wait_until(lambda: shown("MainPID") not in ("0", before) and is_active()))
        (STATE / "go").touch()
        self.assertEqual(json.loads(say("get", held))["stdout"], "over\n")
        self.assertEqual(json.loads(say("get", queued))["stdout"], "later\n")

    def test_watchdog_ends_a_daemon_that_hangs_and_the_queue_goes_on(self):
        held = say("apply", "--async", "--records", "--", "sh", "-c",
                   f"echo $$ >>{STATE}/began; until [ -e {STATE}/go ]; do sleep 0.1; done; echo over")
        queued = say("apply", "--async", "--", "echo", "later")
        began = STATE / "began"
        self.assertTrue(wait_until(lambda: began.exists() and began.read_text().endswith("\n")))
        rung = json.loads(say("--json", "daemon", "status"))["control_group"]
        self.assertEqual(shown("NRestarts"), "0")
        os.kill(int(shown("MainPID")), signal.SIGSTOP)
        self.assertTrue(wait_until(lambda: shown("NRestarts") == "1" and is_active()), self.journal.text())
        self.assertIn("Watchdog timeout", self.journal.text())
        # The queue goes on beside the command, which the new daemon has taken over.
        self.assertEqual(json.loads(say("get", queued))["stdout"], "later\n")
        self.assertEqual(json.loads(say("--json", "show", held))["state"], "running")
        self.assertTrue(Path(f"/proc/{began.read_text().strip()}").exists())
        self.assertIn(f"job {held}: what it had begun with task 0 goes on under worker", self.journal.text())
        (STATE / "go").touch()
        record = json.loads(say("get", held))
        self.assertEqual((record["value"]["stdout"], record["control_group"]), ("over\n", rung))
        self.assertEqual(began.read_text().count("\n"), 1)  # it ran once

    def test_idle_daemon_is_not_taken_for_one_that_hangs(self):
        self._systemctl("start", SERVICE)
        pid = shown("MainPID")
        time.sleep(5)  # more than twice its WatchdogSec
        self.assertEqual((shown("MainPID"), shown("NRestarts")), (pid, "0"))

    def test_reload_takes_settings_in_and_a_mistake_is_its_error(self):
        self._systemctl("start", SERVICE)
        pid = shown("MainPID")
        (SETTINGS / "procpoold.toml").write_text(DEFAULTS + "[pools.new]\nworkers = 1\n")
        self._systemctl("reload", SERVICE)
        self.assertEqual(say("apply", "--pool", "new", "--raw", "--", "echo", "new"), "new")
        (SETTINGS / "procpoold.toml").write_text(DEFAULTS + "[pools.new]\nworkres = 1\n")
        self.assertNotEqual(call("systemctl", "reload", SERVICE).returncode, 0)
        self.assertIn("did you mean 'workers'", self.journal.text())
        self.assertEqual(shown("MainPID"), pid)
        self.assertTrue(is_active())

    def test_the_journal_has_priorities_and_finds_a_job_by_its_id(self):
        self._systemctl("start", SERVICE)
        failed = say("apply", "--async", "--error-callback", "exit 3", "--", "false")
        other = say("apply", "--async", "--", "false")
        self.assertTrue(wait_until(lambda: f"job {other} ended" in self.journal.text()
                                   and f"job {failed}: its" in self.journal.text()))
        entries = self.journal.entries(JOB_ID=failed)
        self.assertTrue(all(f"job {failed}" in entry["MESSAGE"] for entry in entries))
        complaint = next(entry for entry in entries if "callback failed" in entry["MESSAGE"])
        self.assertEqual([complaint.get(name) for name in ("PRIORITY", "POOL", "CLIENT_UID", "SYSLOG_IDENTIFIER",
                                                           "_SYSTEMD_UNIT")],
                         ["4", "default", "0", "procpoold", SERVICE])
        ended = next(entry for entry in entries if "ended: failed" in entry["MESSAGE"])
        self.assertEqual((ended["PRIORITY"], ended["JOB_STATE"]), ("6", "failed"))

    def test_the_journal_explains_lines_by_the_catalog(self):
        catalog = CATALOGS / "procpoold-test.catalog"
        made = [path for path in (CATALOGS, *CATALOGS.parents) if not path.exists()]
        self.addCleanup(call, "journalctl", "--update-catalog")
        for path in reversed(made):
            path.mkdir()
            self.addCleanup(path.rmdir)
        shutil.copy(ROOT / "systemd/procpoold.catalog", catalog)
        self.addCleanup(catalog.unlink)
        updated = call("journalctl", "--update-catalog")
        self.assertEqual((updated.returncode, updated.stderr), (0, ""))
        ids = re.findall("^-- ([0-9a-f]{32})$", catalog.read_text(), re.MULTILINE)
        listed = call("journalctl", "--list-catalog").stdout
        self.assertEqual([one for one in ids if f"{one} procpool: " not in listed], [])
        self._systemctl("start", SERVICE)
        failed = say("apply", "--async", "--error-callback", "exit 3", "--", "false")
        self.assertTrue(wait_until(lambda: f"job {failed}: its" in self.journal.text()))
        explained = self.journal.explained()
        self.assertIn(f"Subject: Job {failed} did not succeed", explained)
        self.assertIn("Its state is: failed.", explained)
        self.assertIn(f"Subject: A callback of job {failed} failed", explained)
        self.assertIn("Subject: procpoold is ready", explained)

    def test_a_start_that_fails_is_an_error_in_the_journal(self):
        (SETTINGS / "procpoold.toml").write_text("[limits]\nconections = 1\n")
        self.assertNotEqual(call("systemctl", "start", SERVICE).returncode, 0)
        self.assertTrue(wait_until(lambda: self.journal.entries(PRIORITY="3")), self.journal.text())
        message = self.journal.entries(PRIORITY="3")[0]["MESSAGE"]
        self.assertIn("did you mean 'connections'?", message)

    def test_stop_lets_attached_jobs_end_and_the_socket_goes_on(self):
        running = subprocess.Popen([BIN / "procpool", "--no-autostart", "--socket", str(RUNTIME / "socket"), "apply",
                                    "--raw", "--", "sh", "-c", f"echo >{STATE}/on; until [ -e {STATE}/go ]; do "
                                    "sleep 0.1; done; echo done"], stdout=subprocess.PIPE, text=True)
        self.assertTrue(wait_until((STATE / "on").exists))
        self._systemctl("stop", "--no-block", SERVICE)
        self.assertTrue(wait_until(lambda: shown("StatusText").startswith("stopping on")), self.journal.text())
        (STATE / "go").touch()
        self.assertEqual(running.communicate(timeout=PATIENCE)[0], "done\n")
        self.assertTrue(wait_until(lambda: shown("ActiveState") == "inactive"), self.journal.text())
        self.assertEqual(shown("Result"), "success")
        self.assertFalse(call("pgrep", "-u", USER, "-f", "procpool").stdout)
        self.assertEqual(shown("ActiveState", SOCKET), "active")
        self.assertEqual(say("apply", "--raw", "--", "echo", "again"), "again")

    def test_stop_leaves_kept_commands_and_kill_ends_them(self):
        say("apply", "--async", "--", "sh", "-c", f"echo $$ >{STATE}/pid; sleep 1000; :")
        self.assertTrue(wait_until(lambda: (STATE / "pid").exists() and (STATE / "pid").read_text()))
        pid = int((STATE / "pid").read_text())
        self._systemctl("stop", SOCKET, SERVICE)
        self.assertTrue(Path(f"/proc/{pid}").exists())
        self._systemctl("kill", "--signal=KILL", SERVICE)
        self.assertTrue(wait_until(lambda: not Path(f"/proc/{pid}").exists()))

    def test_job_out_of_memory_leaves_the_service_up(self):
        self._systemctl("start", SERVICE)
        pid = shown("MainPID")
        record = json.loads(client("apply", "--records", "--pool", "small", "--", "python3", "-c", HOARD).stdout)
        group = Path("/sys/fs/cgroup" + shown("ControlGroup"))
        if "memory" not in (group / "cgroup.controllers").read_text().split():
            self.skipTest("control groups here do not have the controller memory")
        self.assertIn("memory limit of", record["error"]["message"])
        self.assertEqual((record["state"], record["control_group"]), ("failed", "limits"))
        self.assertEqual(say("apply", "--raw", "--pool", "small", "--", "echo", "next"), "next")
        self.assertEqual((shown("MainPID"), shown("ActiveState")), (pid, "active"))

    def test_wrong_settings_are_no_loop_of_restarts(self):
        (SETTINGS / "procpoold.toml").write_text("[wrong]\n")
        self.assertNotEqual(call("systemctl", "start", SERVICE).returncode, 0)
        self.assertEqual((shown("ExecMainStatus"), shown("NRestarts")), ("78", "0"))
        self.assertIn("unknown key 'wrong'", shown("StatusText") + self.journal.text())

    def test_hardened_daemon_does_its_work(self):
        if str(BIN).startswith(("/home/", "/root/", "/tmp/")):
            self.skipTest(f"the sandbox hides {BIN}")
        drop_in = UNITS / f"{SERVICE}.d"
        drop_in.mkdir()
        shutil.copy(ROOT / "systemd/hardened.conf", drop_in)
        self._systemctl("daemon-reload")
        self.assertEqual(say("apply", "--raw", "--nice", "5", "--", "nice"), "5")
        held = say("apply", "--async", "--", "sh", "-c", f"until [ -e {STATE}/go ]; do sleep 0.1; done; echo over")
        self.assertTrue(wait_until(lambda: json.loads(say("--json", "show", held))["state"] == "running"))
        self._systemctl("restart", SERVICE)
        (STATE / "go").touch()
        self.assertEqual(json.loads(say("get", held))["stdout"], "over\n")
        self.assertNotEqual(client("apply", "--", "touch", "/var/new").returncode, 0)


if __name__ == "__main__":
    check_place()
    pwd.getpwnam(USER)
    unittest.main()
