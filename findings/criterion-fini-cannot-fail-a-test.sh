#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause -- a failed assertion in a suite's .fini passes in Criterion.
#
# A failed assertion in the .fini of a Criterion suite leaves the test "ok" and the status 0.
#
# One would expect: .init and .fini frame the test, so a failed assertion in either fails it. In
# .init that is so.
# What happens: the result is settled before .fini runs. The failed assertion is printed, the test
# counts as passed, and the exit status is 0. In TAP nothing shows it. abort() in .fini leaves "ok"
# as well, but the status is 1.
# Why it matters: checks of conservation (in = out + waiting, all memory given back) fit at the end
# of every test, and .fini is where one puts them. There a cr_assert can never fail: use abort(),
# and look at the exit status, or check in the test itself.
# Source: Criterion 2.4.1; its documentation of fixtures does not say what a failure in .fini does.
. "$(dirname "$0")/support/packages.sh"
debian_package libcriterion-dev 2.4.1-2
debian_package libcriterion3 2.4.1-2
debian_package libnanomsg5 1.1.5+dfsg-1.1+b1
debian_package libgit2-1.5 1.5.1+ds-1+deb12u2
cat >"$work/fixture.c" <<'C'
#include <criterion/criterion.h>
#include <stdlib.h>

void fail(void)
{
    cr_assert_eq(1, 2);
}
void crash(void)
{
    abort();
}
TestSuite(fixture, FIXTURE);
Test(fixture, passes)
{
    cr_assert(1);
}
C
libraries=$work/root/usr/lib/x86_64-linux-gnu
# Prints the result and the exit status of a test with this fixture.
run() {
    local status=0
    gcc -I "$work/root/usr/include" -DFIXTURE="$1" -o "$work/fixture" "$work/fixture.c" \
        -L "$libraries" -lcriterion -Wl,-rpath-link,"$libraries"
    LD_LIBRARY_PATH=$libraries timeout 30 "$work/fixture" --tap >"$work/log" 2>&1 || status=$?
    echo "$(grep -oE '^(not )?ok' "$work/log") $status"
}
expect() {
    local found
    found=$(run "$1")
    echo "$1: result and status: $found"
    [ "$found" = "$2" ] || {
        echo "expected: $2; the behaviour has changed"
        exit 1
    }
}
expect ".fini = fail" "ok 0"
expect ".fini = crash" "ok 1"
expect ".init = fail" "not ok 1"
echo "as described"
