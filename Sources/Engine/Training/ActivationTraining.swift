import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Activation {
    /// The function.
    func value(_ x: Float) -> Float {
        switch self {
        case .relu: max(x, 0)
        case .relu6: min(max(x, 0), 6)
        case .silu: x * logistic(x)
        case .hardSwish: x * min(max(x + 3, 0), 6) / 6
        case .hardSigmoid: min(max(x + 3, 0), 6) / 6
        case .sigmoid: logistic(x)
        }
    }

    /// Its derivative, at a kink the one that PyTorch takes.
    func slope(_ x: Float) -> Float {
        switch self {
        case .relu: return x > 0 ? 1 : 0
        case .relu6: return x > 0 && x < 6 ? 1 : 0
        case .silu:
            let s = logistic(x)
            return s * (1 + x * (1 - s))
        case .hardSwish: return x <= -3 ? 0 : x < 3 ? x / 3 + 0.5 : 1
        case .hardSigmoid: return x > -3 && x < 3 ? 1 / 6 : 0
        case .sigmoid:
            let s = logistic(x)
            return s * (1 - s)
        }
    }
}

private func logistic(_ x: Float) -> Float { Float(1 / (1 + exp(-Double(x)))) }
