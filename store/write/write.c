#include "store/write/write.h"
