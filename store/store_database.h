/*
 * store_database.h -- which database the flags point at: for the writer, and for questions.
 */
#pragma once

#include "store/sink/sink.h"
#include "store/store_settings.h"

enum {
    STORE_PASSWORD_MAX = 256
};

/* Texts are borrowed from the settings, which must live as long. */
struct store_database {
    struct sink_options sink;
    char password[STORE_PASSWORD_MAX];
};

/* Reads -ch.password.file where it is given. On failure one line is logged. */
MUST_CHECK enum err store_database_init(
    struct store_database *database, const struct store_settings *settings);

/* Wipes the password. */
void store_database_clear(struct store_database *database);

/*
 * While a store serves its engine, it leaves the address in the engine's folder, so that a question
 * finds it; the folder itself is the store's alone.
 */
void store_database_note_serving(const struct store_settings *settings, uint16_t port);
void store_database_forget_serving(const struct store_settings *settings);

enum {
    STORE_ADDRESS_SIZE = 128
};
/*
 * While another process has the embedded engine open and serves it, `database` becomes that served
 * one, whose URL is put into `url`, which must live as long.
 */
void store_database_reach(struct store_database *database, const struct store_settings *settings,
    char url[STORE_ADDRESS_SIZE]);
