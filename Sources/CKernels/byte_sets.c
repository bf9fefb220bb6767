// The sets of byte kernels that were compiled in, best first, and whether this processor has them.
#include "CKernels.h"

extern const gk_byte_table gk_byte_table_baseline;
#if defined(__x86_64__)
extern const gk_byte_table gk_byte_table_avx512vbmi, gk_byte_table_avx512vnni, gk_byte_table_avxvnni, gk_byte_table_avx2;
static const gk_byte_table *const tables[] = {
    &gk_byte_table_avx512vbmi, &gk_byte_table_avx512vnni, &gk_byte_table_avxvnni, &gk_byte_table_avx2,
    &gk_byte_table_baseline,
};
#else
static const gk_byte_table *const tables[] = {&gk_byte_table_baseline};
#endif

long gk_byte_set_count(void) { return (long)(sizeof(tables) / sizeof(tables[0])); }

const gk_byte_table *gk_byte_set(long index) { return tables[index]; }

int gk_byte_set_runs(long index) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
                       && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
                       && __builtin_cpu_supports("avx512vnni");
    if (tables[index] == &gk_byte_table_avx512vbmi) return avx512 && __builtin_cpu_supports("avx512vbmi");
    if (tables[index] == &gk_byte_table_avx512vnni) return avx512;
    if (tables[index] == &gk_byte_table_avxvnni) return avx2 && __builtin_cpu_supports("avxvnni");
    if (tables[index] == &gk_byte_table_avx2) return avx2;
#endif
    (void)index;
    return 1;
}
