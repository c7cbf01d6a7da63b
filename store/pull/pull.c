#include "store/pull/pull.h"
