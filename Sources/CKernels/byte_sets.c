// The sets of byte kernels that were compiled in, best first, and whether this processor has them.
#include "CKernels.h"
#if defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

extern const gk_byte_table gk_byte_table_baseline;
#if defined(__x86_64__)
extern const gk_byte_table gk_byte_table_avx512vbmi, gk_byte_table_avx512vnni, gk_byte_table_avxvnni, gk_byte_table_avx2;
static const gk_byte_table *const tables[] = {
    &gk_byte_table_avx512vbmi, &gk_byte_table_avx512vnni, &gk_byte_table_avxvnni, &gk_byte_table_avx2,
    &gk_byte_table_baseline,
};
#elif defined(__aarch64__)
extern const gk_byte_table gk_byte_table_i8mm, gk_byte_table_dotprod;
static const gk_byte_table *const tables[] = {&gk_byte_table_i8mm, &gk_byte_table_dotprod, &gk_byte_table_baseline};
#else
static const gk_byte_table *const tables[] = {&gk_byte_table_baseline};
#endif

#if defined(__aarch64__) && defined(__APPLE__)
static int has(const char *feature) {
    int value = 0;
    size_t size = sizeof(value);
    return sysctlbyname(feature, &value, &size, NULL, 0) == 0 && value != 0;
}
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
#elif defined(__aarch64__) && defined(__APPLE__)
    if (tables[index] == &gk_byte_table_dotprod) return has("hw.optional.arm.FEAT_DotProd");
    if (tables[index] == &gk_byte_table_i8mm)
        return has("hw.optional.arm.FEAT_DotProd") && has("hw.optional.arm.FEAT_I8MM");
#elif defined(__aarch64__) && defined(__linux__)
    const int dotprod = (getauxval(AT_HWCAP) >> 20 & 1) != 0;
    if (tables[index] == &gk_byte_table_dotprod) return dotprod;
    if (tables[index] == &gk_byte_table_i8mm) return dotprod && (getauxval(AT_HWCAP2) >> 13 & 1) != 0;
#elif defined(__aarch64__)
    if (tables[index] != &gk_byte_table_baseline) return 0;
#endif
    (void)index;
    return 1;
}
