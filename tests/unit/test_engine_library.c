/* SPDX-License-Identifier: BSD-3-Clause -- libraries that cannot be loaded. */
#include "store/sink/engine.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct engine *engine;

Test(engine_library, refuses_a_missing_library)
{
    cr_assert_eq(engine_open(&engine, "/tmp", "/no/such/libchdb.so"), ERR_NOT_FOUND);
    cr_assert_null(engine);
}

Test(engine_library, refuses_a_file_that_is_no_library)
{
    cr_assert_eq(engine_open(&engine, "/tmp", "/etc/passwd"), ERR_UNSUPPORTED);
    cr_assert_null(engine);
}

Test(engine_library, refuses_a_library_that_is_no_engine)
{
    cr_assert_eq(engine_open(&engine, "/tmp", "libm.so.6"), ERR_UNSUPPORTED);
    cr_assert_null(engine);
}

Test(engine_library, refuses_to_guess_when_no_usual_place_has_it)
{
    (void)setenv("XDG_CACHE_HOME", "/no/such/folder", 1);
    cr_assert_eq(engine_open(&engine, "/tmp", NULL), ERR_NOT_FOUND);
    cr_assert_null(engine);
}
