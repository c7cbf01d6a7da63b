/* SPDX-License-Identifier: BSD-3-Clause -- files read and written as a whole. */
#include "common/file.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/test_file.XXXXXX";
static char path[64];
static char new_path[68];

static void make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/f", folder);
    (void)snprintf(new_path, sizeof new_path, "%s.new", path);
}

static void remove_folder(void)
{
    (void)unlink(path);
    (void)rmdir(path);
    (void)unlink(new_path);
    (void)rmdir(folder);
}

static void put(const char *text)
{
    cr_assert_eq(file_replace(path, 0600, text, strlen(text)), ERR_OK);
}

static void expect_content(const char *text)
{
    struct buffer content = {0};
    cr_assert_eq(file_read(path, 1 << 20, &content), ERR_OK);
    cr_assert_str_eq(buffer_text(&content), text);
    buffer_clear(&content);
}

TestSuite(file, .init = make_folder, .fini = remove_folder);

Test(file, that_is_not_there_is_told_apart)
{
    struct buffer content = {0};
    cr_assert_eq(file_read(path, 100, &content), ERR_NOT_FOUND);
    cr_assert_eq(errno, ENOENT);
}

Test(file, a_folder_cannot_be_read)
{
    struct buffer content = {0};
    cr_assert_eq(file_read(folder, 100, &content), ERR_IO);
    cr_assert_eq(errno, EISDIR);
    buffer_clear(&content);
}

Test(file, longer_than_the_limit_is_refused)
{
    put("123456");
    struct buffer content = {0};
    cr_assert_eq(file_read(path, 5, &content), ERR_FULL);
    buffer_clear(&content);
    cr_assert_eq(file_read(path, 6, &content), ERR_OK);
    cr_assert_eq(content.size, 6);
    buffer_clear(&content);
}

Test(file, is_appended_to_what_the_buffer_has)
{
    put("b");
    struct buffer content = {0};
    buffer_text_append(&content, "a");
    cr_assert_eq(file_read(path, 1, &content), ERR_OK);
    cr_assert_str_eq(buffer_text(&content), "ab");
    buffer_clear(&content);
}

Test(file, of_many_parts_is_read_whole)
{
    enum {
        SIZE = 200001
    };
    char *bytes = malloc(SIZE);
    cr_assert_not_null(bytes);
    memset(bytes, 'x', SIZE);
    cr_assert_eq(file_replace(path, 0600, bytes, SIZE), ERR_OK);
    struct buffer content = {0};
    cr_assert_eq(file_read(path, SIZE, &content), ERR_OK);
    cr_assert_eq(content.size, SIZE);
    cr_assert_arr_eq(content.bytes, bytes, SIZE);
    buffer_clear(&content);
    free(bytes);
}

Test(file, is_replaced_with_its_mode_and_nothing_left_beside_it)
{
    put("old and longer");
    put("new");
    expect_content("new");
    struct stat status;
    cr_assert_eq(stat(path, &status), 0);
    cr_assert_eq(status.st_mode & 0777, 0600);
    cr_assert_eq(access(new_path, F_OK), -1);
}

Test(file, stays_when_its_place_cannot_be_taken)
{
    cr_assert_eq(mkdir(path, 0700), 0);
    cr_assert_eq(file_replace(path, 0600, "x", 1), ERR_IO);
    cr_assert_eq(errno, EISDIR);
    cr_assert_eq(access(new_path, F_OK), -1, "the part stays behind");
}

Test(file, in_no_folder_is_refused)
{
    char nowhere[80];
    (void)snprintf(nowhere, sizeof nowhere, "%s/none/f", folder);
    cr_assert_eq(file_replace(nowhere, 0600, "x", 1), ERR_IO);
    cr_assert_eq(errno, ENOENT);
}

Test(file, a_name_too_long_is_refused)
{
    char name[5000];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    cr_assert_eq(file_replace(name, 0600, "x", 1), ERR_IO);
    cr_assert_eq(errno, ENAMETOOLONG);
}

Test(file, a_folder_is_made_once_and_not_in_the_place_of_something_else)
{
    cr_assert_eq(file_make_folder(path, 0700), ERR_OK);
    cr_assert_eq(file_make_folder(path, 0700), ERR_OK);
    cr_assert_eq(rmdir(path), 0);
    put("a file");
    cr_assert_eq(file_make_folder(path, 0700), ERR_IO);
    cr_assert_eq(errno, ENOTDIR);
    cr_assert_eq(file_make_folder("/nowhere/f", 0700), ERR_IO);
    cr_assert_eq(errno, ENOENT);
}

Test(file, a_descriptor_that_takes_nothing_is_an_error)
{
    cr_assert_eq(file_write(-1, "x", 1), ERR_IO);
    cr_assert_eq(errno, EBADF);
    cr_assert_eq(file_write(-1, "x", 0), ERR_OK);
}

static int check_error(const char *name, enum file_folder makes)
{
    return file_check_folder(name, makes) == ERR_OK ? 0 : errno;
}

Test(file, a_folder_is_checked_without_being_made)
{
    char root[] = "/tmp/goflow-file-XXXXXX";
    cr_assert_not_null(mkdtemp(root));
    char child[64];
    char grandchild[64];
    char file[64];
    (void)snprintf(child, sizeof child, "%s/child/", root);
    (void)snprintf(grandchild, sizeof grandchild, "%s/child/below", root);
    (void)snprintf(file, sizeof file, "%s/file", root);
    cr_assert_eq(file_replace(file, 0600, "x", 1), ERR_OK);
    cr_assert_eq(check_error(root, FILE_FOLDER_EXISTS), 0);
    cr_assert_eq(check_error(child, FILE_FOLDER_EXISTS), ENOENT);
    cr_assert_eq(check_error(child, FILE_FOLDER_IS_MADE), 0);
    cr_assert_eq(check_error(grandchild, FILE_FOLDER_IS_MADE), ENOENT);
    cr_assert_eq(check_error(grandchild, FILE_FOLDER_PARENTS_MADE), 0);
    cr_assert_eq(check_error(file, FILE_FOLDER_IS_MADE), ENOTDIR);
    cr_assert_eq(check_error("", FILE_FOLDER_PARENTS_MADE), ENOENT);
    cr_assert_eq(check_error("here", FILE_FOLDER_IS_MADE), 0, "in the current folder");
    (void)snprintf(child, sizeof child, "%s/file/child", root);
    cr_assert_eq(check_error(child, FILE_FOLDER_PARENTS_MADE), ENOTDIR);
    cr_assert_eq(unlink(file), 0);
    cr_assert_eq(rmdir(root), 0, "something was made");
}
