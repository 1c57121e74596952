// One entry a verb, in the order of the list that `procpool --help` shows.

#include "client/verb_table.hpp"

#include <array>

namespace procpool::client {
namespace {

constexpr std::string_view input_notes =
    R"(Inputs come from ':::', else from the files of -a, else from standard input,
one a line; a last line without an end counts, and an empty line is an input
too. They are read as the work goes on, so they may be endless for imap and
imap_unordered. Behind the first ':::' everything is an input.

A function gets each input as JSON if it parses as JSON, else as a string. In a
command's arguments {} is the input, {.} without its extension, {/} its last
part, {//} its directory, {/.} its last part without extension, {#} the number
of the task from 1, {%} the worker's slot from 1. With none of them the input is
appended as the last argument.

With --shell the placeholders become parameters of the shell ("$1"): an input is
never parsed as shell code, inside or outside of quotes.
)";

constexpr std::array texts{
    VerbText{"apply", "apply [OPTION...] FUNCTION [ARG...]\napply [OPTION...] -- COMMAND [ARG...]",
             "runs one function or command and prints its value",
             R"(procpool apply square 12
procpool apply add -1 2.5 '"a string"' --kwargs '{"scale":2}'
procpool apply -- sort -u names.txt
id=$(procpool apply --async -- make); procpool get "$id"
)",
             R"(An argument of a function is JSON if it parses as JSON, else a string. A string
that begins with '-' is written as JSON: '"-x"'.

For a command that ran to its end the exit status is the command's own, 128+N for
signal N.
)"},
    VerbText{"map",
             "map [OPTION...] FUNCTION [::: INPUT...]\nmap [OPTION...] -- COMMAND [ARG...] [::: INPUT...]",
             "one task an input; prints one JSON array, in input order, when all is done",
             R"(procpool map square ::: 1 2 3
find . -name '*.wav' -print0 | procpool map -0 --raw -- flac -s {} -o {.}.flac
procpool map --shell 'wc -l < {}' ::: *.txt
)",
             input_notes},
    VerbText{"imap",
             "imap [OPTION...] FUNCTION [::: INPUT...]\nimap [OPTION...] -- COMMAND [ARG...] [::: INPUT...]",
             "prints a value a line, in input order, as soon as each is ready",
             R"(seq 3 | procpool imap square
tail -f urls | procpool imap --raw -- curl -s {}
)",
             input_notes},
    VerbText{"imap_unordered",
             "imap_unordered [OPTION...] FUNCTION [::: INPUT...]\n"
             "imap_unordered [OPTION...] -- COMMAND [ARG...] [::: INPUT...]",
             "prints a value a line, in the order in which tasks end",
             R"(seq 1000000 | procpool imap_unordered square | head -2
procpool imap_unordered --records square ::: 2 x | jq -c '[.index,.state]'
)",
             input_notes},
    VerbText{"starmap", "starmap [OPTION...] FUNCTION [::: '[ARG,...]'...]",
             "as map; each input is the JSON array of a task's arguments",
             R"(procpool starmap pow ::: '[2,10]' '[3,3]'
)",
             input_notes},
    VerbText{"run", "run [OPTION...] -- COMMAND [ARG...]", "as apply, with your own stdin, stdout and stderr",
             R"(yes | head -c 1000000 | procpool run -- wc -c
procpool run -- vi notes.txt
)",
             R"(Signals from the terminal reach the command, and procpool exits as it does.
)"},
    VerbText{"get", "get [OPTION...] ID", "what the blocking verb would have printed, with its exit status",
             R"(id=$(procpool map --async square ::: 1 2 3); procpool get "$id"
procpool get 7 --timeout 0.2 || echo "status $?"
)",
             R"(With --timeout the status is 124 if the job takes longer; the job goes on. Then
nothing was printed, but for imap and imap_unordered, which print what is ready.
)"},
    VerbText{"wait", "wait [OPTION...] ID...", "waits until the jobs have ended",
             R"(procpool wait 7 8 9
procpool wait --any --timeout 10 7 8
)",
             R"(Prints nothing; with --any, the ids of the jobs that have ended. The status is 0
when they have, whatever became of them, and 124 when the time ran out.
)"},
    VerbText{"ready", "ready ID", "has the job ended? exit status 0 or 1",
             "procpool ready 7 && procpool get 7\n", ""},
    VerbText{"successful", "successful ID", "has every task of it succeeded? exit status 0 or 1",
             "procpool successful 7 || procpool show 7\n", "A job that has not ended has not succeeded.\n"},
    VerbText{"jobs", "jobs [OPTION...]\njobs --forget ID...", "your jobs, newest first",
             R"(procpool jobs
procpool jobs --state failed --json | jq '.[].id'
procpool jobs --forget 7 8
)",
             "A job that has not ended cannot be forgotten: cancel it first.\n"},
    VerbText{"show", "show [OPTION...] ID", "everything about one job", "procpool show 7\n", ""},
    VerbText{"output", "output [OPTION...] ID", "what the commands of a job wrote",
             R"(procpool output 7
procpool output 7 --index 3 --stderr
procpool output 7 --follow
)",
             R"(Of the tasks that have ended so far, in input order. With --follow also of those
that end later, in the order in which they do, until the job has ended.
)"},
    VerbText{"cancel", "cancel [OPTION...] ID...", "ends jobs",
             R"(procpool cancel 7
procpool cancel 7 8 --signal INT --grace 2 --reason 'wrong file'
)",
             R"(What waits is dropped. What runs gets the signal (TERM), and KILL after the grace.
)"},
    VerbText{"retry", "retry [OPTION...] ID", "a new job of the tasks of one that has ended",
             R"(id=$(procpool retry 7 --failed); procpool get "$id"
)",
             "Prints the id of the new job. The old one stays as it is.\n"},
    VerbText{"functions", "functions [OPTION...]", "the functions that the pools offer",
             "procpool functions\n", ""},
    VerbText{"pool list", "pool list", "the pools", "procpool pool list --json | jq '.[].name'\n", ""},
    VerbText{"pool show", "pool show NAME", "one pool with its workers", "procpool pool show default\n", ""},
    VerbText{"pool create", "pool create NAME [OPTION...]\npool create NAME [OPTION...] -- WORKER COMMAND...",
             "makes a pool",
             R"(procpool pool create py --workers 2 --python tasks.py
procpool pool create fast --library ./libtasks.so
procpool pool create own --workers 4 -- ./my-worker --verbose
procpool pool create builds --workers 2
)",
             R"(The workers get your directory and environment. Without --python, --library and a
worker of your own the pool runs commands. The call returns when the workers stand.
)"},
    VerbText{"pool resize", "pool resize NAME N", "changes the number of workers",
             "procpool pool resize py 8\n", ""},
    VerbText{"pool pause", "pool pause NAME", "starts no more tasks; takes jobs", "procpool pool pause py\n",
             ""},
    VerbText{"pool resume", "pool resume NAME", "starts tasks again", "procpool pool resume py\n", ""},
    VerbText{"pool recycle", "pool recycle NAME", "replaces every worker when it has nothing to do",
             "procpool pool recycle py\n", ""},
    VerbText{"pool close", "pool close NAME", "takes no more jobs and ends when the rest are done",
             "procpool pool close py && procpool pool join py\n", ""},
    VerbText{"pool join", "pool join NAME [OPTION...]", "waits for a closed or terminated pool",
             "procpool pool join py --timeout 60\n", ""},
    VerbText{"pool terminate", "pool terminate NAME", "ends the pool and everything in it now",
             "procpool pool terminate py\n", ""},
    VerbText{"daemon start", "daemon start", "starts a daemon, unless one answers", "procpool daemon start\n",
             ""},
    VerbText{"daemon stop", "daemon stop", "ends the daemon and waits for it", "procpool daemon stop\n", ""},
    VerbText{"daemon status", "daemon status", "what the daemon is and does",
             "procpool daemon status --json\n", ""},
    VerbText{"daemon reload", "daemon reload", "reads the settings again", "procpool daemon reload\n",
             R"(Prints what has changed, and what needs a restart of the daemon. With a mistake in
the settings nothing changes.
)"},
    VerbText{"daemon config", "daemon config", "every setting, and where it comes from",
             R"(procpool daemon config
procpool daemon config --json | jq -r '.settings[] | select(.origin != "built_in") | .name'
)",
             ""},
    VerbText{"daemon log-level", "daemon log-level LEVEL", "how much the daemon logs from here on",
             "procpool daemon log-level debug\n",
             R"(debug, info, warning or error, until the settings are read again ('daemon reload').
)"},
    VerbText{"daemon drain", "daemon drain", "ends the daemon when all jobs have ended",
             "procpool daemon drain\n", ""},
    VerbText{"call", "call METHOD [JSON] [--more]", "calls any method of the daemon",
             R"(procpool call GetStatus
procpool call ShowJob '{"job":7}'
procpool call org.varlink.service.GetInfo
)",
             "Prints the parameters of each reply, one a line. An error reply is exit status 1.\n"},
    VerbText{"introspect", "introspect [INTERFACE]", "prints an interface of the daemon",
             "procpool introspect io.procpool\n", ""},
    VerbText{"help", "help [VERB...]", "this text, or that of a verb", "procpool help pool create\n", ""},
};

}  // namespace

std::span<const VerbText> verb_texts() { return texts; }

const VerbText* find_verb_text(std::string_view name) {
  for (const VerbText& text : texts)
    if (text.name == name) return &text;
  return nullptr;
}

}  // namespace procpool::client
