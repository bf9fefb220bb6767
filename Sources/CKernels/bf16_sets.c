// The sets of kernels on bfloat16 that were compiled in, best first, and whether this processor has them.
#include "CKernels.h"

extern const gk_bf16_table gk_bf16_table_baseline;
#if defined(__x86_64__)
extern const gk_bf16_table gk_bf16_table_avx512bf16, gk_bf16_table_avx512, gk_bf16_table_avx2;
static const gk_bf16_table *const tables[] = {
    &gk_bf16_table_avx512bf16, &gk_bf16_table_avx512, &gk_bf16_table_avx2, &gk_bf16_table_baseline,
};
#elif defined(__aarch64__)
extern const gk_bf16_table gk_bf16_table_neon;
static const gk_bf16_table *const tables[] = {&gk_bf16_table_neon, &gk_bf16_table_baseline};
#else
static const gk_bf16_table *const tables[] = {&gk_bf16_table_baseline};
#endif

long gk_bf16_set_count(void) { return (long)(sizeof(tables) / sizeof(tables[0])); }

const gk_bf16_table *gk_bf16_set(long index) { return tables[index]; }

int gk_bf16_set_runs(long index) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
                       && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    if (tables[index] == &gk_bf16_table_avx512bf16) return avx512 && __builtin_cpu_supports("avx512bf16");
    if (tables[index] == &gk_bf16_table_avx512) return avx512;
    if (tables[index] == &gk_bf16_table_avx2) return avx2;
#endif
    (void)index;
    return 1;
}
