/* SPDX-License-Identifier: BSD-3-Clause -- the file that hides the engine's file(). */
#include "store/sink/engine_functions.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/goflow_functions_XXXXXX";
static char name[sizeof folder + sizeof "/user_defined/function_file.sql"];

static void make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(name, sizeof name, "%s/user_defined/function_file.sql", folder);
}

static void remove_folder(void)
{
    (void)unlink(name);
    (void)snprintf(name, sizeof name, "%s/user_defined", folder);
    (void)rmdir(name);
    (void)rmdir(folder);
}

static struct stat status_of_file(void)
{
    struct stat status;
    cr_assert_eq(stat(name, &status), 0);
    return status;
}

Test(engine_functions, are_not_written_again_on_a_disk_that_may_be_full, .init = make_folder,
    .fini = remove_folder)
{
    cr_assert_eq(engine_functions_cover(folder), ERR_OK);
    struct stat first = status_of_file();
    cr_assert_eq(engine_functions_cover(folder), ERR_OK);
    cr_assert_eq(status_of_file().st_ino, first.st_ino);
}

Test(engine_functions, that_somebody_changed_are_written_again, .init = make_folder,
    .fini = remove_folder)
{
    cr_assert_eq(engine_functions_cover(folder), ERR_OK);
    struct stat first = status_of_file();
    cr_assert_eq(truncate(name, 10), 0);
    cr_assert_eq(engine_functions_cover(folder), ERR_OK);
    cr_assert_eq(status_of_file().st_size, first.st_size);
}
