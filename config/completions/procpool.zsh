#compdef procpool
# Completion of procpool(1) for zsh. Verbs and options are read out of its help, and jobs,
# pools and functions asked of the daemon that runs; none is started for it,
# and nobody waits for one that does not answer at once.

# The program as it stands on the line, at the socket that stands there.
_procpool_ask() {
  local -a socket
  local at=${words[(I)--socket]}
  (( at && at + 1 < CURRENT )) && socket=(--socket "${words[at + 1]}")
  timeout "${PROCPOOL_COMPLETION_TIMEOUT:-0.2}" "${(Q)words[1]}" $socket --no-autostart --quiet --color never "$@" 2>/dev/null
}

# "first:rest" of each line of a table, without its title.
_procpool_rows() {
  _procpool_ask "$@" | awk 'NR > 1 { first = $1; $1 = ""; gsub(/:/, "\\:", first); print first ":" $0 }'
}

_procpool_verbs() {
  _procpool_ask help | awk -v group="$1" '
    /^Verbs:/ { inside = 1; next }
    /^$/ { inside = 0 }
    !inside { next }
    { verb = $1; text = $0; sub(/^ +[a-z_]+( [a-z]+)?  +/, "", text) }
    $1 == "pool" || $1 == "daemon" { if (group == $1) { verb = $2 } else { text = "about the " $1 } }
    group == "" ? !told[verb]++ : group == $1 { print verb ":" text }'
}

# Of one verb, with what they say.
_procpool_options() {
  _procpool_ask help "$@" | sed -nE \
    's/^ +(-[a-zA-Z0-9], )?(--[a-z0-9-]+)( [A-Z]+)? *([^ ].*)?$/\2:\4/p'
}

_procpool_takes_value() {
  _procpool_ask help "${@:2}" | grep -qE -- "(^| |, )$1 +[A-Z]+( |\$)"
}

_procpool_values() {
  local -a all
  case $1 in
    --pool) all=("${(@f)$(_procpool_rows pool list)}") ;;
    --after) all=("${(@f)$(_procpool_rows jobs)}") ;;
    --state) all=(queued running succeeded failed timed_out cancelled lost not_launched) ;;
    --color) all=(auto always never) ;;
    --history) all=(none jobs results) ;;
    --if-exists) all=(fail get) ;;
    --when-full) all=(refuse wait) ;;
    --halt) all=({now,soon},{fail,success,done}=1 never) ;;
    --chunksize) all=(auto) ;;
    --signal) all=($signals[2,-3]) ;;
    *) _files; return ;;
  esac
  _describe 'value' all
}

_procpool_operands() {
  local -a all
  case $1 in
    apply|map|imap|imap_unordered|starmap) all=("${(@f)$(_procpool_rows functions)}") ;;
    get|wait|ready|successful|show|output|cancel|retry|'jobs --forget') all=("${(@f)$(_procpool_rows jobs)}") ;;
    'pool list'|'pool create') return ;;
    'pool '*) all=("${(@f)$(_procpool_rows pool list)}") ;;
    call) all=("${(@f)$(_procpool_ask introspect io.procpool | sed -n 's/^method \([A-Za-z]*\).*/\1/p')}") ;;
    'daemon log-level') all=(debug info warning error) ;;
    introspect) all=(io.procpool org.varlink.service) ;;
    help|'') all=("${(@f)$(_procpool_verbs)}") ;;
    'help pool'|pool) all=("${(@f)$(_procpool_verbs pool)}") ;;
    'help daemon'|daemon) all=("${(@f)$(_procpool_verbs daemon)}") ;;
  esac
  all=(${all:#})
  _describe 'operand' all
}

_procpool() {
  local verb= word
  local -a spoken
  local -i operands=0 i
  for ((i = 2; i < CURRENT; ++i)); do
    word=${words[i]}
    case $word in
      --) # A command stands there: its name, then files.
        if (( i + 1 == CURRENT )); then _command_names -e; else _files; fi
        return ;;
      :::) _files; return ;;
      --forget) verb+=' --forget' ;;
      -*) _procpool_takes_value $word $spoken && (( ++i )) ;;
      *)
        if [[ -z $verb || $verb == (help|pool|daemon|help\ pool|help\ daemon) ]]; then
          verb+="${verb:+ }$word"
          spoken+=($word)
        else
          (( ++operands ))
        fi ;;
    esac
  done
  local -a all
  local previous=${words[CURRENT - 1]}
  if [[ $previous == -* ]] && _procpool_takes_value $previous $spoken; then
    _procpool_values $previous
  elif [[ $PREFIX == -* ]]; then
    all=("${(@f)$(_procpool_options $spoken)}")
    _describe 'option' all
  elif (( operands == 0 )) || [[ $verb == (wait|cancel|*--forget) ]]; then
    _procpool_operands "$verb"
  fi
}

_procpool "$@"
