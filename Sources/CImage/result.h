#pragma once

#include <stdio.h>

#include "CImage.h"

static inline graft_image_result graft_image_result_make(graft_image_status status, const char *message) {
    graft_image_result result = {.status = status};
    snprintf(result.message, sizeof result.message, "%s", message);
    return result;
}
