/* SPDX-License-Identifier: BSD-3-Clause -- POST requests on libcurl. */
#include "store/sink/http_client.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum {
    HEADER_SIZE = 512, /* longer values are cut */
    CONNECT_TIMEOUT_MS = 3000,
    /*
     * A machine that comes back knows nothing of the connection, and says so to the next probe; one
     * that stays away has lost it by then.
     */
    PROBE_IDLE_S = 2,
    PROBE_PERIOD_S = 1,
    UNANSWERED_MAX_MS = 10000,
    UPLOAD_BUFFER_BYTES = 1 << 20,
    /* ClickHouse closes idle connections after 3 s at the earliest; a closing one is not reused. */
    IDLE_SECONDS_MAX = 2
};

struct http_client {
    CURL *curl;
    struct curl_slist *headers;
    struct curl_slist *longer_headers; /* the same, and one more */
    const char *last_header;           /* of longer_headers */
    uint32_t timeout_ms;
    atomic_bool is_interrupted;
    char error[CURL_ERROR_SIZE];
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void setup_curl(void)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

static enum err add_header(struct curl_slist **list, const char *name, const char *value)
{
    if (strpbrk(value, "\r\n") != NULL) {
        return ERR_INVALID;
    }
    struct buffer line = {0};
    buffer_format(&line, "%s: %s", name, value);
    struct curl_slist *longer = curl_slist_append(*list, buffer_text(&line));
    enum err err = longer != NULL ? buffer_check(&line) : ERR_MEMORY;
    *list = longer != NULL ? longer : *list;
    if (line.bytes != NULL) {
        explicit_bzero(line.bytes, line.room); /* it may have held the password */
    }
    buffer_clear(&line);
    return err;
}

static enum err add_headers(struct http_client *client, const struct http_client_options *options)
{
    /* "Expect:" without a value: curl would wait a second for servers that never say "continue". */
    client->headers = curl_slist_append(NULL, "Expect:");
    enum err err = client->headers != NULL ? ERR_OK : ERR_MEMORY;
    if (err == ERR_OK && options->username != NULL && options->username[0] != '\0') {
        err = add_header(&client->headers, "X-ClickHouse-User", options->username);
    }
    if (err == ERR_OK && options->password != NULL && options->password[0] != '\0') {
        err = add_header(&client->headers, "X-ClickHouse-Key", options->password);
    }
    return err;
}

/* Curl takes the next part of the body. */
static size_t read_body(char *to, size_t size, size_t count, void *context)
{
    struct http_exchange *exchange = context;
    size_t left = exchange->body_size - exchange->sent;
    size_t part = size * count < left ? size * count : left;
    memcpy(to, exchange->body + exchange->sent, part);
    exchange->sent += part;
    return part;
}

static size_t write_answer(char *from, size_t size, size_t count, void *context)
{
    struct http_exchange *exchange = context;
    buffer_append(exchange->answer, from, size * count);
    return exchange->answer->failed ? 0 : size * count;
}

/* The value of a header line when it has that name, cut to fit; false: another header. */
static bool take_header(const char *line, size_t length, const char *name, char value[HEADER_SIZE])
{
    size_t name_length = strlen(name);
    if (length <= name_length || strncasecmp(line, name, name_length) != 0) {
        return false;
    }
    size_t rest = length - name_length;
    size_t size = rest < HEADER_SIZE - 1 ? rest : HEADER_SIZE - 1;
    memcpy(value, line + name_length, size);
    value[size] = '\0';
    return true;
}

/* {"read_rows":"1","written_rows":"1",...} */
static long written_rows(const char *summary)
{
    static const char KEY[] = "\"written_rows\":\"";
    const char *found = strstr(summary, KEY);
    return found != NULL ? strtol(found + sizeof KEY - 1, NULL, 10) : -1;
}

static size_t read_header(char *line, size_t size, size_t count, void *context)
{
    struct http_exchange *exchange = context;
    size_t length = size * count;
    char value[HEADER_SIZE];
    if (take_header(line, length, "X-ClickHouse-Exception-Code:", value)) {
        exchange->exception_code = (int)strtol(value, NULL, 10);
    } else if (take_header(line, length, "X-ClickHouse-Summary:", value)) {
        exchange->written_rows = written_rows(value);
    }
    return length;
}

/* Curl asks once a second at least; anything but 0 ends the request. */
static int is_to_end(
    void *context, curl_off_t down, curl_off_t downed, curl_off_t up, curl_off_t upped)
{
    (void)down;
    (void)downed;
    (void)up;
    (void)upped;
    const struct http_client *client = context;
    return atomic_load(&client->is_interrupted);
}

/* Without it the kernel sends again for a quarter of an hour, at ever longer intervals. */
static int limit_silence(void *context, curl_socket_t socket, curlsocktype purpose)
{
    (void)context;
    (void)purpose;
    unsigned limit_ms = UNANSWERED_MAX_MS;
    (void)setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit_ms, sizeof limit_ms);
    return CURL_SOCKOPT_OK;
}

static void set_timeout(struct http_client *client, uint32_t wanted_ms)
{
    bool is_shorter = wanted_ms != 0 && wanted_ms < client->timeout_ms;
    long timeout_ms = (long)(is_shorter ? wanted_ms : client->timeout_ms);
    long connect_ms = timeout_ms < CONNECT_TIMEOUT_MS ? timeout_ms : CONNECT_TIMEOUT_MS;
    (void)curl_easy_setopt(client->curl, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
    (void)curl_easy_setopt(client->curl, CURLOPT_TIMEOUT_MS, timeout_ms);
}

static void set_options(struct http_client *client)
{
    CURL *curl = client->curl;
    (void)curl_easy_setopt(curl, CURLOPT_POST, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, client->error);
    (void)curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_TCP_KEEPIDLE, (long)PROBE_IDLE_S);
    (void)curl_easy_setopt(curl, CURLOPT_TCP_KEEPINTVL, (long)PROBE_PERIOD_S);
    (void)curl_easy_setopt(curl, CURLOPT_SOCKOPTFUNCTION, limit_silence);
    (void)curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, (long)IDLE_SECONDS_MAX);
    (void)curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER_BYTES);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* not even one from the environment */
    /* No seek function: curl cannot send a body twice behind our back on a dying connection. */
    (void)curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, write_answer);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, read_header);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, is_to_end);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, client);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
}

enum err http_client_new(struct http_client **client_p, const struct http_client_options *options)
{
    (void)pthread_once(&curl_once, setup_curl);
    *client_p = NULL;
    struct http_client *client = calloc(1, sizeof *client);
    if (client == NULL) {
        return ERR_MEMORY;
    }
    client->curl = curl_easy_init();
    enum err err = client->curl != NULL ? add_headers(client, options) : ERR_MEMORY;
    if (err != ERR_OK) {
        http_client_destroy(&client);
        return err;
    }
    client->timeout_ms = options->timeout_ms;
    set_options(client);
    *client_p = client;
    return ERR_OK;
}

void http_client_destroy(struct http_client **client_p)
{
    struct http_client *client = *client_p;
    if (client == NULL) {
        return;
    }
    curl_easy_cleanup(client->curl);
    curl_slist_free_all(client->longer_headers);
    curl_slist_free_all(client->headers);
    free(client);
    *client_p = NULL;
}

/* The headers of a request with that one more; NULL: out of memory. */
static struct curl_slist *headers_with(struct http_client *client, const char *header)
{
    if (header == NULL) {
        return client->headers;
    }
    if (client->last_header != NULL && strcmp(client->last_header, header) == 0) {
        return client->longer_headers;
    }
    curl_slist_free_all(client->longer_headers);
    client->longer_headers = NULL;
    client->last_header = NULL;
    for (struct curl_slist *item = client->headers; item != NULL; item = item->next) {
        struct curl_slist *longer = curl_slist_append(client->longer_headers, item->data);
        if (longer == NULL) {
            return NULL;
        }
        client->longer_headers = longer;
    }
    struct curl_slist *whole = curl_slist_append(client->longer_headers, header);
    client->last_header = whole != NULL ? header : NULL;
    return whole;
}

/* "unix:/path/?query" is the query at the socket of that path. False: out of memory. */
static bool set_url(struct http_client *client, const char *url)
{
    CURL *curl = client->curl;
    const char *query = strncmp(url, "unix:", 5) == 0 ? strstr(url, "/?") : NULL;
    if (query == NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, NULL);
        return curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK;
    }
    struct buffer path = {0};
    struct buffer local = {0};
    buffer_append(&path, url + 5, (size_t)(query - url) - 5);
    buffer_format(&local, "http://localhost%s", query);
    bool is_set =
        curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, buffer_text(&path)) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_URL, buffer_text(&local)) == CURLE_OK;
    buffer_clear(&path);
    buffer_clear(&local);
    return is_set;
}

enum err http_client_post(
    struct http_client *client, struct http_exchange *exchange, struct buffer *why)
{
    CURL *curl = client->curl;
    struct curl_slist *headers = headers_with(client, exchange->header);
    if (headers == NULL) {
        buffer_text_append(why, "out of memory");
        return ERR_REFUSED;
    }
    exchange->sent = 0;
    exchange->status = 0;
    exchange->exception_code = 0;
    exchange->written_rows = -1;
    client->error[0] = '\0';
    set_timeout(client, exchange->timeout_ms);
    if (!set_url(client, exchange->url)) {
        buffer_text_append(why, "out of memory");
        return ERR_REFUSED;
    }
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->body_size);
    (void)curl_easy_setopt(curl, CURLOPT_READDATA, exchange);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, exchange);
    CURLcode code = curl_easy_perform(curl);
    if (code == CURLE_OK) {
        (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &exchange->status);
        return ERR_OK;
    }
    buffer_text_append(why, client->error[0] != '\0' ? client->error : curl_easy_strerror(code));
    return exchange->sent == 0 ? ERR_REFUSED : ERR_IO;
}

void http_client_interrupt(struct http_client *client)
{
    atomic_store(&client->is_interrupted, true);
}

void http_client_escape(struct buffer *out, const char *text)
{
    static const char DIGITS[] = "0123456789ABCDEF";
    static const char SAFE[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
    for (const char *p = text; *p != '\0'; p++) {
        unsigned char byte = (unsigned char)*p;
        char escaped[3] = {'%', DIGITS[byte >> 4], DIGITS[byte & 15]};
        bool is_safe = strchr(SAFE, byte) != NULL;
        buffer_append(out, is_safe ? p : escaped, is_safe ? 1 : sizeof escaped);
    }
}
