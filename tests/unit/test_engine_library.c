/* SPDX-License-Identifier: BSD-3-Clause -- libraries that cannot be loaded. */
#include "store/sink/engine.h"
#include "store/sink/engine_library.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

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
    Dl_info libc;
    cr_assert_neq(dladdr((void *)&abort, &libc), 0);
    cr_assert_eq(engine_open(&engine, "/tmp", libc.dli_fname), ERR_UNSUPPORTED);
    cr_assert_null(engine);
}

Test(engine_library, looks_for_a_bare_name_in_the_current_folder)
{
    char folder[] = "/tmp/engine_library_XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    Dl_info libc;
    cr_assert_neq(dladdr((void *)&abort, &libc), 0);
    cr_assert_eq(symlink(libc.dli_fname, "mine.so"), 0);
    struct engine_library library;
    cr_assert_eq(engine_library_load(&library, "mine.so"), ERR_UNSUPPORTED);
    cr_expect_not_null(library.handle, "the file was not found");
    cr_assert_eq(unlink("mine.so"), 0);
    cr_assert_eq(rmdir(folder), 0);
}

Test(engine_library, refuses_to_guess_when_no_usual_place_has_it)
{
    (void)setenv("XDG_CACHE_HOME", "/no/such/folder", 1);
    cr_assert_eq(engine_open(&engine, "/tmp", NULL), ERR_NOT_FOUND);
    cr_assert_null(engine);
}
