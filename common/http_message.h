/*
 * http_message.h -- responses of the HTTP server itself, and how any response is sent.
 *
 * Private to common/http*.c. Runs on the threads of libmicrohttpd.
 */
#pragma once

#include "common/http.h"

#include <microhttpd.h>

/* A response without a body, of text. */
struct http_response http_message_new(unsigned status);

/* Hands it to libmicrohttpd, which takes the body. With `closes` the connection ends behind it. */
enum MHD_Result http_message_send(
    struct MHD_Connection *connection, struct http_response *response, bool closes);

/* "404 not found" and its like. */
enum MHD_Result http_message_send_status(
    struct MHD_Connection *connection, unsigned status, const char *text);

/* 405, with the methods that there are. */
enum MHD_Result http_message_send_methods(struct MHD_Connection *connection, const char *allowed);
