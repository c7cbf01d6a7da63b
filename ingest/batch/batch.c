#include "ingest/batch/batch.h"
