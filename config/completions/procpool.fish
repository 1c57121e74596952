# Completion of procpool(1) for fish. Verbs and options are read out of its help, and jobs,
# pools and functions asked of the daemon that runs; none is started for it,
# and nobody waits for one that does not answer at once.

# The program as it stands on the line, at the socket that stands there.
function __procpool_ask
    set -l line (commandline -opc)
    set -l socket
    if set -l at (contains -i -- --socket $line)
        set socket --socket $line[(math $at + 1)]
    end
    set -l limit 0.2
    set -q PROCPOOL_COMPLETION_TIMEOUT; and set limit $PROCPOOL_COMPLETION_TIMEOUT
    timeout $limit $line[1] $socket --no-autostart --quiet --color never $argv 2>/dev/null
end

# The first column of a table and, behind a tab, the others; without its title.
function __procpool_rows
    __procpool_ask $argv | awk 'NR > 1 { first = $1; $1 = ""; print first "\t" $0 }'
end

function __procpool_verbs
    __procpool_ask help | awk -v group="$argv[1]" '
        /^Verbs:/ { inside = 1; next }
        /^$/ { inside = 0 }
        !inside { next }
        { verb = $1; text = $0; sub(/^ +[a-z_]+( [a-z-]+)?  +/, "", text) }
        $1 == "pool" || $1 == "daemon" { if (group == $1) { verb = $2 } else { text = "about the " $1 } }
        group == "" ? !told[verb]++ : group == $1 { print verb "\t" text }'
end

function __procpool_takes_value --argument-names option
    __procpool_ask help $argv[2..-1] | grep -qE -- "(^| |, )$option +[A-Z]+( |\$)"
end

# Where the cursor is: "command", "file", or the words of the verb, then how many operands.
function __procpool_place
    set -l verb
    set -l forget
    set -l operands 0
    set -l skip 1
    for word in (commandline -opc)
        if test $skip = 1
            set skip 0
            continue
        end
        switch $word
            case --
                echo command
                return
            case :::
                echo file
                return
            case --forget
                set forget --forget
            case '-*'
                __procpool_takes_value $word $verb; and set skip 1
            case '*'
                if contains -- "$verb" '' help pool daemon 'help pool' 'help daemon'
                    set -a verb $word
                else
                    set operands (math $operands + 1)
                end
        end
    end
    string join \n -- "$verb" "$forget" $operands
end

function __procpool_values
    switch $argv[1]
        case --pool
            __procpool_rows pool list
        case --after
            __procpool_rows jobs
        case --state
            string split ' ' 'queued running succeeded failed timed_out cancelled lost not_launched'
        case --color
            string split ' ' 'auto always never'
        case --history
            string split ' ' 'none jobs results'
        case --if-exists
            string split ' ' 'fail get'
        case --when-full
            string split ' ' 'refuse wait'
        case --halt
            printf '%s\n' {now,soon},{fail,success,done}=1 never
        case --chunksize
            echo auto
        case --signal
            kill -l | string split ' '
        case '*'
            __fish_complete_path (commandline -ct)
    end
end

function __procpool_operands --argument-names verb
    switch $verb
        case apply map imap imap_unordered starmap
            __procpool_rows functions
        case get wait ready successful show output cancel retry 'jobs --forget'
            __procpool_rows jobs
        case 'pool list' 'pool create'
        case 'pool *'
            __procpool_rows pool list
        case call
            __procpool_ask introspect io.procpool | string replace -rf '^method ([A-Za-z]+).*' '$1'
        case 'daemon log-level'
            string split ' ' 'debug info warning error'
        case introspect
            string split ' ' 'io.procpool org.varlink.service'
        case help ''
            __procpool_verbs
        case 'help pool' pool
            __procpool_verbs pool
        case 'help daemon' daemon
            __procpool_verbs daemon
    end
end

function __procpool_complete
    set -l place (__procpool_place)
    set -l current (commandline -ct)
    set -l line (commandline -opc)
    if test "$place[1]" = command
        if test "$line[-1]" = --
            __fish_complete_command
        else
            __fish_complete_path $current
        end
        return
    end
    if test "$place[1]" = file
        __fish_complete_path $current
        return
    end
    set -l verb (string split -n ' ' -- $place[1])
    if string match -q -- '-*' $line[-1]; and __procpool_takes_value $line[-1] $verb
        __procpool_values $line[-1]
    else if string match -q -- '-*' "$current"
        __procpool_ask help $verb |
            string replace -rf '^ +(?:-[a-zA-Z0-9], )?(--[a-z0-9-]+)(?: [A-Z]+)? *(.*)$' '$1\t$2'
    else if test "$place[3]" = 0; or contains -- "$verb" wait cancel; or test -n "$place[2]"
        __procpool_operands (string trim "$place[1] $place[2]")
    end
end

complete -c procpool -f -a '(__procpool_complete)'
