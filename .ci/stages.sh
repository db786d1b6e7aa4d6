# The stages of the gate; .ci/run reads this. All of them together end within gate_limit_s, and none outlives the gate.
# shellcheck shell=bash
gate_limit_s="${gate_limit_s:-1140}" # 19 minutes
grace_s="${grace_s:-5}"              # between TERM and KILL; who stops the gate waits little longer
gate_deadline=$((SECONDS + gate_limit_s))
passed=0
failed=0

# The summary, always the last line, and the end.
finish() {
  printf '\n%d passed, %d failed\n' "$passed" "$failed"
  [[ "$failed" -eq 0 ]]
  exit
}

# stage NAME LIMIT_S COMMAND…: prints what it does and how long it took; a failure counts as one, and so does a stage for which
# no time is left.
stage() {
  local name="$1" limit="$2" started=$SECONDS left=$((gate_deadline - SECONDS)) outcome=0 pid
  shift 2
  printf '\n=== %s: %s\n' "$name" "$*"
  if ((left <= 0)); then
    printf '=== %s: FAILED (the gate has used up its %d s)\n' "$name" "$gate_limit_s"
    failed=$((failed + 1))
    return 1
  fi
  # In the background, so that a signal is heard at once. `timeout` makes a process group of its own.
  timeout --kill-after="$grace_s" "$((limit < left ? limit : left))" "$@" </dev/null &
  pid=$!
  wait "$pid" || outcome=$?
  if ((outcome == 0)); then
    printf '=== %s: ok (%d s)\n' "$name" $((SECONDS - started))
    return 0
  fi
  kill -KILL -- "-$pid" 2>/dev/null # what its command left behind
  if ((outcome == 124 || outcome == 137)); then
    printf '=== %s: ran out of time\n' "$name"
  fi
  printf '=== %s: FAILED (%d s)\n' "$name" $((SECONDS - started))
  failed=$((failed + 1))
  return 1
}

# Ends the running stage with all its processes: `timeout` hands TERM on to its group, and KILL after the grace.
cancel() {
  local pid
  trap '' TERM INT HUP
  for pid in $(jobs -p); do
    kill -TERM "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    kill -KILL -- "-$pid" 2>/dev/null
  done
  printf '\n=== cancelled by SIG%s\n' "$1"
  failed=$((failed + 1))
  finish
}
trap 'cancel TERM' TERM
trap 'cancel INT' INT
trap 'cancel HUP' HUP
