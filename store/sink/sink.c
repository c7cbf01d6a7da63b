#include "store/sink/sink.h"
