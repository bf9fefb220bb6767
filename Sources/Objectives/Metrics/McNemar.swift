#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Two models that answered the same pictures (McNemar, Psychometrika 12, 1947): only pictures that one of them got right
/// and the other wrong tell them apart.
package struct McNemar: Sendable, Hashable {
    /// Pictures that only the first got right.
    package let onlyFirst: Int
    /// Pictures that only the second got right.
    package let onlySecond: Int

    /// - Parameters:
    ///   - first: whether the first model was right, a picture.
    ///   - second: the same of the second, for as many pictures in the same order.
    package init(_ first: [Bool], _ second: [Bool]) {
        let pairs = zip(first, second)
        onlyFirst = pairs.count { $0 && !$1 }
        onlySecond = pairs.count { !$0 && $1 }
    }

    /// The probability of so uneven a count, or a more uneven one, between models that are equally good: exact, two-sided;
    /// 1 where nothing tells them apart.
    package var pValue: Double {
        let (few, all) = (min(onlyFirst, onlySecond), onlyFirst + onlySecond)
        guard all > 0, onlyFirst != onlySecond else { return 1 }
        // Each term of the binomial distribution from the one before, as logarithms: 2^-all may be no number.
        var term = -Double(all) * log(2.0), terms = [term]
        for count in 0..<few {
            term += log(Double(all - count)) - log(Double(count + 1))
            terms.append(term)
        }
        return min(1, 2 * terms.reduce(0) { $0 + exp($1) })
    }
}
