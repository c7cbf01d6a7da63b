#include "store/columns/block.h"
