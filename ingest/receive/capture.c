#include "ingest/receive/capture.h"
