# SPDX-License-Identifier: BSD-3-Clause -- sourced: long commands with a sign of life.

# run_with_progress LABEL COMMAND...: the command's last line every few seconds, and its last 30
# lines when it fails; otherwise one line with the time it took.
run_with_progress() {
    local label=$1 log status=0 started=$SECONDS
    shift
    log=$(mktemp)
    "$@" >"$log" 2>&1 </dev/null &
    show_progress "$!" "$label" "$log"
    wait "$!" || status=$?
    if [ "$status" -ne 0 ]; then
        tail -n 30 "$log" >&2
        echo "$label: failed with status $status: $*" >&2
    else
        echo "$label: done in $((SECONDS - started)) s" >&2
    fi
    rm -f "$log"
    return "$status"
}

show_progress() {
    local process=$1 label=$2 log=$3 started=$SECONDS
    while kill -0 "$process" 2>/dev/null; do
        sleep 0.2
        if [ $((SECONDS - started)) -ge 5 ]; then
            started=$SECONDS
            printf '%s: %.100s\n' "$label" "$(tail -n 1 "$log")" >&2
        fi
    done
}
