/* SPDX-License-Identifier: BSD-3-Clause -- checks users and their passwords. */
#include "common/http_users.h"

#include "common/http_user_list.h"
#include "common/log.h"
#include "common/refusal.h"
#include "common/text_file.h"

#include <crypt.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    PASSED_MAX = 16,
    PASSED_ROUNDS = 1000 /* the fewest that the method has */
};

/* A password that was right. */
struct passed {
    char hash[HTTP_USER_HASH_SIZE]; /* in the file; "": free */
    char quick[CRYPT_OUTPUT_SIZE];
};

struct http_users {
    const char *path;
    const char *flag;
    pthread_mutex_t lock;      /* of the list and of what passed */
    pthread_mutex_t slow_lock; /* one slow hash at a time */
    struct http_user_list list;
    size_t next_passed;
    struct passed passed[PASSED_MAX];
};

static enum err check_mode(const char *path, const char *flag)
{
    struct stat status;
    const struct refusal refusal = {
        .component = "http", .flag = flag, .key = "file", .value = path, .cause = EACCES};
    if (stat(path, &status) != 0 || (status.st_mode & S_IRWXO) == 0) {
        return ERR_OK; /* text_file_read() says what is wrong */
    }
    refuse(&refusal, "cannot use the file of users", "every local user may read or write it",
        "take that away with chmod o=");
    return ERR_DENIED;
}

static enum err read_list(struct http_user_list *list_p, const char *path, const char *flag)
{
    struct buffer text = {0};
    struct text_fault fault;
    enum err err = check_mode(path, flag);
    if (err == ERR_OK) {
        err = text_file_read(&text, path, "http", flag);
    }
    if (err == ERR_OK) {
        err = http_user_list_parse(list_p, buffer_text(&text), &fault);
        if (err == ERR_INVALID) {
            log_error("http", fault.reason, "flag=%s file=%s line=%u mend=\"mend that line\"", flag,
                path, fault.line);
        }
    }
    buffer_clear(&text);
    return err;
}

enum err http_users_open(struct http_users **users_p, const char *path, const char *flag)
{
    struct http_users *users = calloc(1, sizeof *users);
    *users_p = users;
    if (users == NULL) {
        return ERR_MEMORY;
    }
    users->path = path;
    users->flag = flag;
    (void)pthread_mutex_init(&users->lock, NULL);
    (void)pthread_mutex_init(&users->slow_lock, NULL);
    enum err err = read_list(&users->list, path, flag);
    if (err != ERR_OK) {
        http_users_close(users_p);
    }
    return err;
}

void http_users_close(struct http_users **users_p)
{
    struct http_users *users = *users_p;
    if (users != NULL) {
        (void)pthread_mutex_destroy(&users->lock);
        (void)pthread_mutex_destroy(&users->slow_lock);
        explicit_bzero(users, sizeof *users);
        free(users);
    }
    *users_p = NULL;
}

void http_users_reload(struct http_users *users)
{
    struct http_user_list *list = malloc(sizeof *list);
    if (list != NULL && read_list(list, users->path, users->flag) == ERR_OK) {
        (void)pthread_mutex_lock(&users->lock);
        users->list = *list;
        memset(users->passed, 0, sizeof users->passed);
        (void)pthread_mutex_unlock(&users->lock);
    }
    free(list);
}

/* Takes as long wherever the first difference is. */
static bool is_equal(const char *a, const char *b)
{
    size_t length = strlen(a);
    unsigned difference = strlen(b) != length;
    for (size_t i = 0; i < length && b[i] != '\0'; i++) {
        difference |= (unsigned char)a[i] ^ (unsigned char)b[i];
    }
    return difference == 0;
}

/* Does the password have this hash? */
static bool has_hash(const char *password, const char *hash)
{
    struct crypt_data *data = calloc(1, sizeof *data);
    if (data == NULL) {
        return false;
    }
    const char *made = crypt_r(password, hash, data);
    bool is_same = made != NULL && made[0] != '*' && is_equal(made, hash);
    explicit_bzero(data, sizeof *data);
    free(data);
    return is_same;
}

/* Was it right before, with this hash in the file? */
static bool has_passed(struct http_users *users, const char *password, const char *hash)
{
    struct passed candidates[PASSED_MAX];
    (void)pthread_mutex_lock(&users->lock);
    memcpy(candidates, users->passed, sizeof candidates);
    (void)pthread_mutex_unlock(&users->lock);
    for (size_t i = 0; i < PASSED_MAX; i++) {
        if (strcmp(candidates[i].hash, hash) == 0 && has_hash(password, candidates[i].quick)) {
            return true;
        }
    }
    return false;
}

static void note_passed(struct http_users *users, const char *password, const char *hash)
{
    char salt[CRYPT_GENSALT_OUTPUT_SIZE];
    struct crypt_data *data = calloc(1, sizeof *data);
    const char *made = NULL;
    if (data != NULL &&
        crypt_gensalt_rn("$5$", PASSED_ROUNDS, NULL, 0, salt, sizeof salt) != NULL) {
        made = crypt_r(password, salt, data);
    }
    if (made != NULL && made[0] != '*') {
        (void)pthread_mutex_lock(&users->lock);
        struct passed *passed = &users->passed[users->next_passed++ % PASSED_MAX];
        memcpy(passed->hash, hash, sizeof passed->hash);
        memcpy(passed->quick, made, strlen(made) + 1);
        (void)pthread_mutex_unlock(&users->lock);
    }
    free(data);
}

bool http_users_check(struct http_users *users, const char *name, const char *password,
    const struct address *address, struct http_user_rights *rights_p)
{
    (void)pthread_mutex_lock(&users->lock);
    const struct http_user *found = http_user_list_find(&users->list, name);
    bool is_known = found != NULL;
    const struct http_user user = is_known ? *found : users->list.users[0];
    (void)pthread_mutex_unlock(&users->lock);
    bool is_right = is_known && has_passed(users, password, user.hash);
    if (!is_right) {
        (void)pthread_mutex_lock(&users->slow_lock);
        is_right = has_hash(password, user.hash);
        (void)pthread_mutex_unlock(&users->slow_lock);
        if (is_right && is_known) {
            note_passed(users, password, user.hash);
        }
    }
    rights_p->may_write = user.may_write;
    return is_right && is_known && http_user_may_come_from(&user, address);
}
