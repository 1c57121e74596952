# Completion of procpool(1) for bash. Verbs and options are read out of its help, and jobs,
# pools and functions asked of the daemon that runs; none is started for it,
# and nobody waits for one that does not answer at once.

# The program as it stands on the line, at the socket that stands there.
_procpool_ask() {
  local i socket=()
  for ((i = 1; i < COMP_CWORD; ++i)); do
    [[ ${COMP_WORDS[i]} == --socket ]] && socket=(--socket "${COMP_WORDS[i + 1]}")
  done
  timeout "${PROCPOOL_COMPLETION_TIMEOUT:-0.2}" "${COMP_WORDS[0]}" "${socket[@]}" --no-autostart --quiet --color never "$@" 2>/dev/null
}

# The first column of a table, without its title.
_procpool_column() { _procpool_ask "$@" | awk 'NR > 1 { print $1 }'; }

_procpool_options() {
  _procpool_ask help "$@" | grep -oE '^ +(-[a-zA-Z0-9], )?--[a-z0-9-]+' | grep -oE -- '-[-a-zA-Z0-9]+'
}

# The words behind 'procpool', or with an argument behind 'procpool pool'.
_procpool_verbs() {
  _procpool_ask help | awk -v group="$1" '
    /^Verbs:/ { inside = 1; next }
    /^$/ { inside = 0 }
    inside && group == "" && !told[$1]++ { print $1 }
    inside && group == $1 { print $2 }'
}

# What may stand behind an option: a list of words, or files where there is none.
_procpool_values() {
  case $1 in
    --pool) _procpool_column pool list ;;
    --after) _procpool_column jobs ;;
    --state) echo queued running succeeded failed timed_out cancelled lost not_launched ;;
    --color) echo auto always never ;;
    --history) echo none jobs results ;;
    --if-exists) echo fail get ;;
    --when-full) echo refuse wait ;;
    --halt) echo {now,soon},{fail,success,done}=1 never ;;
    --chunksize) echo auto ;;
    --signal) compgen -A signal | sed -n 's/^SIG//p' ;;
  esac
}

_procpool_operands() {
  case $1 in
    apply | map | imap | imap_unordered | starmap) _procpool_column functions ;;
    get | wait | ready | successful | show | output | cancel | retry | 'jobs --forget') _procpool_column jobs ;;
    'pool list' | 'pool create') ;;
    'pool '*) _procpool_column pool list ;;
    call) _procpool_ask introspect io.procpool | sed -n 's/^method \([A-Za-z]*\).*/\1/p' ;;
    'daemon log-level') echo debug info warning error ;;
    introspect) echo io.procpool org.varlink.service ;;
    help | '') _procpool_verbs ;;
    'help pool' | pool) _procpool_verbs pool ;;
    'help daemon' | daemon) _procpool_verbs daemon ;;
  esac
}

_procpool() {
  local -; set -f # words are no patterns
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local verb='' takes_value operands=0 i word
  COMPREPLY=()
  takes_value=" $(_procpool_ask help | grep -oE -- '--[a-z-]+ +[A-Z]+' | grep -oE -- '--[a-z-]+' | tr '\n' ' ')"
  for ((i = 1; i < COMP_CWORD; ++i)); do
    word=${COMP_WORDS[i]}
    case $word in
      --) # A command stands there: its name, then files.
        ((i + 1 == COMP_CWORD)) && mapfile -t COMPREPLY < <(compgen -c -- "$current" | sort -u)
        return ;;
      :::) return ;;
      --forget) verb+=' --forget' ;;
      -*) [[ $takes_value == *" $word "* ]] && ((++i)) ;;
      *)
        if [[ -z $verb || $verb == help || $verb == pool || $verb == daemon || $verb == 'help pool' ||
          $verb == 'help daemon' ]]; then
          verb+="${verb:+ }$word"
          takes_value+="$(_procpool_ask help $verb | grep -oE -- '--?[a-zA-Z0-9-]+ +[A-Z]+( |$)' |
            grep -oE -- '^-[-a-zA-Z0-9]+' | tr '\n' ' ')"
        else
          ((++operands))
        fi ;;
    esac
  done
  local words
  if [[ $takes_value == *" $previous "* ]]; then
    words=$(_procpool_values "$previous")
  elif [[ $current == -* ]]; then
    words=$(_procpool_options ${verb%% --*})
  elif ((operands == 0)) || [[ $verb == wait || $verb == cancel || $verb == *--forget ]]; then
    words=$(_procpool_operands "$verb")
  fi
  # Not by compgen -W, which would expand what a worker calls its functions.
  for word in $words; do
    [[ $word == "$current"* ]] && COMPREPLY+=("$word")
  done
}

complete -o default -F _procpool procpool
