/* SPDX-License-Identifier: BSD-3-Clause -- both ends of the link in one process. */
#include "tests/support/link_rig.h"

#include "common/clock.h"
#include "common/flow_codec.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    WAIT_MS = 10000,
    POLL_MS = 5
};

void fake_database_init(struct fake_database *database, uint64_t limit)
{
    *database = (struct fake_database){.limit = limit, .counts = calloc(limit, 1)};
    (void)pthread_mutex_init(&database->lock, NULL);
    assert(database->counts != NULL);
}

void fake_database_clear(struct fake_database *database)
{
    free(database->counts);
    (void)pthread_mutex_destroy(&database->lock);
}

uint64_t fake_database_rows(struct fake_database *database)
{
    (void)pthread_mutex_lock(&database->lock);
    uint64_t rows = database->rows;
    (void)pthread_mutex_unlock(&database->lock);
    return rows;
}

uint64_t fake_database_wrong(struct fake_database *database, uint64_t last)
{
    uint64_t wrong = 0;
    (void)pthread_mutex_lock(&database->lock);
    for (uint64_t number = 1; number <= last; number++) {
        wrong += database->counts[number] != 1;
    }
    (void)pthread_mutex_unlock(&database->lock);
    return wrong;
}

void fake_writer_init(struct fake_writer *writer, struct fake_database *database)
{
    *writer = (struct fake_writer){.database = database, .socket = zsock_new(ZMQ_PAIR)};
    assert(writer->socket != NULL);
}

void fake_writer_clear(struct fake_writer *writer)
{
    for (size_t i = 0; i < writer->block_count; i++) {
        block_destroy(&writer->blocks[i]);
    }
    zsock_destroy(&writer->socket);
}

static enum err submit(void *context, struct block *block)
{
    struct fake_writer *writer = context;
    assert(writer->block_count < FAKE_BLOCKS_MAX);
    writer->blocks[writer->block_count++] = block;
    return ERR_OK;
}

/* As a sink does it: without a lease nothing, and what may be a repeat is looked up first. */
static void insert_batch(
    struct fake_writer *writer, const struct block *block, struct block_batch *batch)
{
    struct fake_database *database = writer->database;
    const uint64_t *numbers = columns_values(block->columns, FLOW_BYTES);
    batch->is_left_out = clock_monotonic_ns() >= counter_get(&batch->lease_end_ns);
    if (batch->is_left_out ||
        (batch->attempt > 0 && database->counts[numbers[batch->first_row]] > 0)) {
        return;
    }
    for (uint32_t i = 0; i < batch->row_count; i++) {
        uint64_t number = numbers[batch->first_row + i];
        assert(number < database->limit);
        database->counts[number]++;
    }
    database->rows += batch->row_count;
    writer->rows += batch->row_count;
}

static struct block *finished(void *context)
{
    struct fake_writer *writer = context;
    if (writer->is_stuck || writer->block_count == 0) {
        return NULL;
    }
    struct block *block = writer->blocks[0];
    writer->block_count--;
    memmove(writer->blocks, writer->blocks + 1, writer->block_count * sizeof block);
    (void)pthread_mutex_lock(&writer->database->lock);
    for (size_t i = 0; i < block->batch_count; i++) {
        insert_batch(writer, block, &block->batches[i]);
    }
    (void)pthread_mutex_unlock(&writer->database->lock);
    block->outcome = BLOCK_STORED;
    return block;
}

struct block_exchange fake_writer_exchange(struct fake_writer *writer)
{
    return (struct block_exchange){
        .socket = writer->socket,
        .submit = submit,
        .finished = finished,
        .context = writer,
    };
}

void rig_ipc_endpoint(char out[LINK_ENDPOINT_SIZE])
{
    (void)snprintf(out, LINK_ENDPOINT_SIZE, "ipc:///tmp/goflow-link-%016llx",
        (unsigned long long)link_random_id());
}

static bool is_free(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    bool is_bound = bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
    (void)close(fd);
    return is_bound;
}

void rig_tcp_endpoint(char out[LINK_ENDPOINT_SIZE])
{
    uint16_t port = 0;
    do {
        port = (uint16_t)(20000 + link_random_id() % 12000);
    } while (!is_free(port) || !is_free((uint16_t)(port + 1)));
    (void)snprintf(out, LINK_ENDPOINT_SIZE, "tcp://127.0.0.1:%u", port);
}

struct batch *rig_batch(uint64_t first, uint32_t count, uint32_t day)
{
    struct batch *batch = calloc(1, sizeof *batch);
    assert(batch != NULL);
    batch->room = (size_t)count * 64 + FLOW_PACKED_MAX;
    batch->bytes = malloc(batch->room);
    batch->flow_count = count;
    batch->day = day;
    batch->created_ns = clock_monotonic_ns();
    struct flow_packer packer = {0};
    struct flow flow = {0};
    for (uint32_t i = 0; i < count; i++) {
        flow_begin(&flow);
        flow_set_time_received(&flow, (uint64_t)day * S_PER_DAY);
        flow_set_bytes(&flow, first + i);
        batch->size += flow_pack(&packer, &flow, batch->bytes + batch->size);
    }
    return batch;
}

void rig_remove_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    assert(dir != NULL);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
    }
    (void)closedir(dir);
    (void)rmdir(folder);
}

bool rig_wait_rows(struct fake_database *database, uint64_t rows)
{
    for (int waited_ms = 0; waited_ms < WAIT_MS; waited_ms += POLL_MS) {
        if (fake_database_rows(database) >= rows) {
            return true;
        }
        zclock_sleep(POLL_MS);
    }
    return false;
}

double rig_metric(metrics_collect_fn *collect, void *context, const char *name)
{
    struct metrics *metrics = NULL;
    struct buffer page = {0};
    double value = 0;
    if (metrics_new(&metrics) == ERR_OK && metrics_register(metrics, collect, context) == ERR_OK &&
        metrics_print(metrics, &page) == ERR_OK) {
        char wanted[256];
        (void)snprintf(wanted, sizeof wanted, "\n%s ", name);
        const char *found = strstr(buffer_text(&page), wanted);
        value = found != NULL ? strtod(found + strlen(wanted), NULL) : 0;
    }
    buffer_clear(&page);
    metrics_destroy(&metrics);
    return value;
}

bool rig_wait_metric(metrics_collect_fn *collect, void *context, const char *name, double value)
{
    for (int waited_ms = 0; waited_ms < WAIT_MS; waited_ms += POLL_MS) {
        if (rig_metric(collect, context, name) >= value) {
            return true;
        }
        zclock_sleep(POLL_MS);
    }
    return false;
}

enum {
    DESCRIPTORS_MAX = 256
};

void rig_use_up_descriptors(void)
{
    const struct rlimit limit = {DESCRIPTORS_MAX, DESCRIPTORS_MAX};
    assert(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    while (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0) {
    }
    assert(errno == EMFILE);
}

void rig_give_back_descriptors(void)
{
    /* The highest ones are those that were opened last, so they are not the test's. */
    for (int fd = DESCRIPTORS_MAX - 1; fd > DESCRIPTORS_MAX - 16; fd--) {
        (void)close(fd);
    }
}
