#include "CLinuxABI.h"
