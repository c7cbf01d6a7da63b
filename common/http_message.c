/* SPDX-License-Identifier: BSD-3-Clause -- values of requests, and responses. */
#include "common/http_message.h"

#include <stdio.h>
#include <string.h>

const char *http_query_value(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

const char *http_header_value(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

struct each_query {
    void (*take)(void *context, const char *name, const char *value);
    void *context;
};

static enum MHD_Result take_query(
    void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    const struct each_query *each = context;
    each->take(each->context, name, value != NULL ? value : "");
    return MHD_YES;
}

void http_query_each(const struct http_request *request,
    void (*take)(void *context, const char *name, const char *value), void *context)
{
    struct each_query each = {.take = take, .context = context};
    (void)MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, take_query, &each);
}

void http_response_header(struct http_response *response, const char *name, const char *value)
{
    if (response->header_count == HTTP_HEADERS_MAX) {
        return;
    }
    struct http_header *header = &response->headers[response->header_count++];
    (void)snprintf(header->name, sizeof header->name, "%s", name);
    (void)snprintf(header->value, sizeof header->value, "%s", value);
    for (char *p = header->value; *p != '\0'; p++) {
        if (*p == '\r' || *p == '\n') {
            *p = ' '; /* a value must not start a header of its own */
        }
    }
}

enum MHD_Result http_message_send(
    struct MHD_Connection *connection, struct http_response *response, bool closes)
{
    if (buffer_check(&response->body) != ERR_OK) {
        buffer_clear(&response->body);
        response->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
    }
    struct MHD_Response *sent = MHD_create_response_from_buffer(
        response->body.size, response->body.bytes, MHD_RESPMEM_MUST_FREE);
    if (sent == NULL) {
        buffer_clear(&response->body);
        return MHD_NO;
    }
    response->body = (struct buffer){0};
    (void)MHD_add_response_header(sent, MHD_HTTP_HEADER_CONTENT_TYPE, response->content_type);
    for (size_t i = 0; i < response->header_count; i++) {
        const struct http_header *header = &response->headers[i];
        (void)MHD_add_response_header(sent, header->name, header->value);
    }
    if (closes) {
        (void)MHD_add_response_header(sent, MHD_HTTP_HEADER_CONNECTION, "close");
    }
    enum MHD_Result result = MHD_queue_response(connection, response->status, sent);
    MHD_destroy_response(sent);
    return result;
}

struct http_response http_message_new(unsigned status)
{
    return (struct http_response){.status = status, .content_type = "text/plain; charset=utf-8"};
}

enum MHD_Result http_message_send_status(
    struct MHD_Connection *connection, unsigned status, const char *text)
{
    struct http_response response = http_message_new(status);
    buffer_format(&response.body, "%u %s\n", status, text);
    return http_message_send(connection, &response, false);
}

enum MHD_Result http_message_send_methods(struct MHD_Connection *connection, const char *allowed)
{
    struct http_response response = http_message_new(MHD_HTTP_METHOD_NOT_ALLOWED);
    buffer_format(&response.body, "405 method not allowed\n");
    http_response_header(&response, MHD_HTTP_HEADER_ALLOW, allowed);
    return http_message_send(connection, &response, false);
}
