#!/usr/bin/env python3
"""The completions of bash, zsh and fish: words that are typed, and what the shell proposes.

    tests/end_to_end/completion_test.py [UNITTEST ARGUMENT...]

A shell that is not installed is skipped.
"""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from managed_daemon import PATIENCE, ROOT, Manager  # noqa: E402

SCRIPTS = ROOT / "config/completions"

BASH = r"""
source "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_procpool
printf '%s\n' "${COMPREPLY[@]}"
"""


def read_until(test, terminal, pattern):
    """Reads what the terminal shows until it has that; the match."""
    text = ""
    deadline = time.monotonic() + PATIENCE
    while not (found := re.search(pattern, text, re.S | re.M)):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([terminal], [], [], left)[0]:
            test.fail(f"the shell does not go on: {text}")
        text += os.read(terminal, 4096).decode(errors="replace")
    return found


class Shell:
    """What is the same for all three; `proposals` is told by each."""

    name = ""

    @classmethod
    def setUpClass(cls):
        if shutil.which(cls.name) is None:
            raise unittest.SkipTest(f"{cls.name} is not installed")

    def setUp(self):
        self.manager = Manager(self)
        self.manager.environment["PROCPOOL_COMPLETION_TIMEOUT"] = str(PATIENCE)  # this machine may be busy
        self.manager.start()

    def proposals(self, *words):
        raise NotImplementedError

    def test_verbs_are_proposed(self):
        self.assertEqual(self.proposals("procpool", "im"), {"imap", "imap_unordered"})
        self.assertLessEqual({"map", "pool", "daemon", "jobs", "help"}, self.proposals("procpool", ""))
        self.assertEqual(self.proposals("procpool", "pool", "re"), {"recycle", "resize", "resume"})
        self.assertEqual(self.proposals("procpool", "help", "daemon", "st"), {"start", "stop", "status"})

    def test_options_of_the_verb_are_proposed_and_words_behind_them(self):
        self.assertEqual(self.proposals("procpool", "map", "--retry-"), {"--retry-delay", "--retry-on"})
        self.assertEqual(self.proposals("procpool", "output", "--fo"), {"--follow"})
        self.assertEqual(self.proposals("procpool", "pool", "create", "x", "--history", ""),
                         {"none", "jobs", "results"})
        self.assertEqual(self.proposals("procpool", "--color", "al"), {"always"})
        self.assertEqual(self.proposals("procpool", "daemon", "log-level", ""), {"debug", "info", "warning", "error"})

    def test_what_the_daemon_has_is_proposed(self):
        job = self.manager.say("apply", "--async", "--", "true")
        other = self.manager.say("apply", "--async", "--", "true")
        for verb in (["show"], ["get"], ["jobs", "--forget"], ["wait", job]):
            self.assertEqual(self.proposals("procpool", *verb, ""), {job, other}, verb)
        self.assertEqual(self.proposals("procpool", "pool", "show", ""), {"default"})
        self.assertEqual(self.proposals("procpool", "map", "--pool", ""), {"default"})
        self.assertEqual(self.proposals("procpool", "call", "ListP"), {"ListPools"})

    def test_a_word_of_the_daemon_is_not_run_by_the_shell(self):
        (self.manager.directory / "worker").write_text(
            "#!/bin/sh\necho '{\"ready\":{\"functions\":[\"greet$(touch${IFS}ran)\"]}}'\ncat\n")
        (self.manager.directory / "worker").chmod(0o755)
        self.manager.say("pool", "create", "odd", "--workers", "1", "--", "./worker")
        self.proposals("procpool", "map", "gre")
        self.proposals("procpool", "map", "")
        self.assertFalse((self.manager.directory / "ran").exists())

    def test_behind_two_dashes_stands_a_command(self):
        self.assertIn("touch", self.proposals("procpool", "map", "--", "touc"))

    def test_nobody_waits_for_a_daemon_that_does_not_answer(self):
        self.manager.daemon.send_signal(signal.SIGSTOP)
        self.addCleanup(self.manager.daemon.send_signal, signal.SIGCONT)
        self.manager.environment["PROCPOOL_COMPLETION_TIMEOUT"] = "0.2"
        self.assertEqual(self.proposals("procpool", "show", ""), set())

    def test_the_script_has_no_mistake_of_grammar(self):
        check = [self.name, "--no-execute" if self.name == "fish" else "-n", str(SCRIPTS / f"procpool.{self.name}")]
        done = subprocess.run(check, capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_without_a_daemon_none_is_started(self):
        self.manager.stop()
        self.assertEqual(self.proposals("procpool", "show", "1"), set())
        self.assertEqual(self.proposals("procpool", "succ"), {"successful"})
        self.assertFalse(self.manager.socket_path.exists())


class Bash(Shell, unittest.TestCase):
    name = "bash"

    def proposals(self, *words):
        shell = subprocess.run(["bash", "-c", BASH, "bash", str(SCRIPTS / "procpool.bash"), *words],
                               cwd=self.manager.directory, env=self.manager.environment, timeout=PATIENCE,
                               capture_output=True, text=True, check=True)
        self.assertEqual(shell.stderr, "")
        return set(shell.stdout.split())


class BashAtTerminal(unittest.TestCase):
    """What a person sees who presses the tabulator."""

    def setUp(self):
        if shutil.which("bash") is None:
            self.skipTest("bash is not installed")
        self.manager = Manager(self)
        self.manager.environment["PROCPOOL_COMPLETION_TIMEOUT"] = str(PATIENCE)
        self.manager.start()
        child, self.terminal = pty.fork()
        if child == 0:
            os.chdir(self.manager.directory)
            os.execve(shutil.which("bash"), ["bash", "--norc", "--noprofile", "-i"],
                      {**self.manager.environment, "TERM": "dumb", "INPUTRC": "/dev/null", "PS1": ""})
        self.addCleanup(os.waitpid, child, 0)
        self.addCleanup(os.kill, child, signal.SIGKILL)
        self.addCleanup(os.close, self.terminal)
        os.write(self.terminal, f"source {SCRIPTS}/procpool.bash; bind 'set show-all-if-ambiguous on'; PS1=; echo to''go\n".encode())
        read_until(self, self.terminal, "^togo")

    def press(self, keys):
        os.write(self.terminal, keys.encode())

    def test_a_word_is_completed_and_several_are_shown(self):
        self.press("procpool succ\t")
        read_until(self, self.terminal, "procpool successful $")
        self.press("\x15procpool pool re\t")
        read_until(self, self.terminal, r"recycle +resize +resume")

    def test_a_job_is_completed_by_its_id_and_the_line_runs(self):
        job = self.manager.say("apply", "--async", "--", "echo", "on")
        self.press("procpool get --raw \t")
        read_until(self, self.terminal, f"procpool get --raw {job} $")
        self.press("\n")
        read_until(self, self.terminal, r"^on\r?$")


class Fish(Shell, unittest.TestCase):
    name = "fish"

    def proposals(self, *words):
        line = " ".join(words)
        shell = subprocess.run(["fish", "--no-config", "-c", f"source {SCRIPTS}/procpool.fish; complete -C '{line}'"],
                               cwd=self.manager.directory, env=self.manager.environment, timeout=PATIENCE,
                               capture_output=True, text=True, check=True)
        self.assertEqual(shell.stderr, "")
        return {one.split("\t")[0] for one in shell.stdout.splitlines() if one}


ZSH = r"""
PS1= ; unsetopt prompt_cr prompt_sp ; fpath=(%s $fpath)
autoload -U compinit ; compinit -u -d %s/dump
compadd() {
  [[ ${@[1,(i)(-|--)]} == *-[OAD]* ]] || { local -a hits; builtin compadd -A hits "$@"; overheard+=($hits) }
  builtin compadd "$@"
}
collect() { overheard=() ; _main_complete ; compstate[insert]= ; compstate[list]= ; print -r -- "<<$overheard>>" }
zle -C collect complete-word collect ; bindkey '^X' collect ; echo to''go
"""


class Zsh(Shell, unittest.TestCase):
    """zsh completes only at a terminal: the line is typed there, and its matches are overheard."""

    name = "zsh"

    def proposals(self, *words):
        functions = self.manager.directory / "functions"
        functions.mkdir(exist_ok=True)
        shutil.copy(SCRIPTS / "procpool.zsh", functions / "_procpool")
        setup = self.manager.directory / "setup"
        setup.write_text(ZSH % (functions, functions))
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.manager.directory)
            os.execve(shutil.which("zsh"), ["zsh", "-f", "-i"], {**self.manager.environment, "TERM": "dumb"})
        try:
            os.write(terminal, f"source {setup}\n".encode())
            read_until(self, terminal, "^togo")
            os.write(terminal, " ".join(words).encode() + b"\x18")
            return set(read_until(self, terminal, "<<(.*?)>>")[1].split())
        finally:
            os.close(terminal)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


if __name__ == "__main__":
    unittest.main()
