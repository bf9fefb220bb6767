// A lane of GK_LANES is a pair of bfloat16 here: the even channel's in the low half, the odd one's in the high half. One step of a
// product's depth adds both products, the odd one first, as AVX-512 BF16 does.
#if defined(GK_SET_BF16)
GK_INLINE gk_v add_pairs(gk_v a, gk_v b, gk_v sum) {
    return (gk_v)_mm512_dpbf16_ps((__m512)sum, (__m512bh)a, (__m512bh)b);
}
GK_INLINE gk_half add_half_pairs(gk_half a, gk_half b, gk_half sum) {
    return (gk_half)_mm256_dpbf16_ps((__m256)sum, (__m256bh)a, (__m256bh)b);
}
#else
GK_INLINE gk_v odd_of(gk_v pair) { return (gk_v)((gk_i)pair & (int32_t)0xffff0000); }
GK_INLINE gk_v even_of(gk_v pair) { return (gk_v)((gk_i)pair << 16); }
// A product of two bfloat16 fits float32: fused or not, the sum is the same.
GK_INLINE gk_v add_pairs(gk_v a, gk_v b, gk_v sum) {
    return multiply_add(even_of(a), even_of(b), multiply_add(odd_of(a), odd_of(b), sum));
}
#endif
#define GK_STEP add_pairs
#define GK_HALF_STEP add_half_pairs

// The nearest bfloat16, ties to even, in the low half of a lane. What is not a number stays so.
GK_INLINE uint32_t rounded_bits(float value) {
    uint32_t bits;
    __builtin_memcpy(&bits, &value, 4);
    if (value != value) return bits >> 16 | 0x40;
    return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}
