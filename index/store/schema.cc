#include "index/store/schema.h"
