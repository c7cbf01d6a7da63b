#include "ingest/publish/publish.h"
