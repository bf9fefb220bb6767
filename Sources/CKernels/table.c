// The instruction sets that were compiled in, best first, and whether this processor has them.
#include "CKernels.h"
#include <string.h>

extern const gk_table gk_table_baseline;
#if defined(__x86_64__)
extern const gk_table gk_table_avx2, gk_table_avx512;
static const gk_table *const tables[] = {&gk_table_avx512, &gk_table_avx2, &gk_table_baseline};
#elif defined(__aarch64__)
extern const gk_table gk_table_neon;
static const gk_table *const tables[] = {&gk_table_neon, &gk_table_baseline};
#else
static const gk_table *const tables[] = {&gk_table_baseline};
#endif

#define GK_IF_NAMED(number, function, text) \
    if (strcmp(name, text) == 0) return number;
gk_activation gk_activation_named(const char *name) {
    GK_COMMON_ACTIVATIONS(GK_IF_NAMED)
    GK_RARE_ACTIVATIONS(GK_IF_NAMED)
    return GK_NONE;
}

long gk_set_count(void) { return (long)(sizeof(tables) / sizeof(tables[0])); }

const gk_table *gk_set(long index) { return tables[index]; }

int gk_set_runs(long index) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (tables[index] == &gk_table_avx512)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
               && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
               && __builtin_cpu_supports("fma");
    if (tables[index] == &gk_table_avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
    (void)index;  // NEON is part of the architecture.
    return 1;
}
