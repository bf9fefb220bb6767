#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Probabilities that sum to 1, and `log(sum(exp(logits)))`. The largest logit is taken off first, so that nothing
/// overflows; in double precision, summed in order.
package func softmax(_ logits: [Double]) -> (probabilities: [Double], logSum: Double) {
    guard let largest = logits.max() else { return ([], 0) }
    var values = logits.map { exp($0 - largest) }
    let sum = values.reduce(0, +)
    for index in values.indices { values[index] /= sum }
    return (values, largest + log(sum))
}
