public import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Activation {
    /// The function in double precision.
    public func value(_ x: Double) -> Double { formula.value(x) }
}

extension Formula {
    fileprivate func value(_ x: Double) -> Double {
        switch self {
        case .x: return x
        case .constant(let value): return value
        case .sum(let a, let b): return a.value(x) + b.value(x)
        case .product(let a, let b): return a.value(x) * b.value(x)
        case .relu(let a): return max(a.value(x), 0)
        case .clip(let a, let least, let most): return min(max(a.value(x), least), most)
        case .sigmoid(let a): return 1 / (1 + exp(-a.value(x)))
        case .hardSigmoid(let a): return min(max(a.value(x) / 6 + 0.5, 0), 1)
        case .hardSwish(let a):
            let value = a.value(x)
            return value * min(max(value / 6 + 0.5, 0), 1)
        case .erf(let a): return errorFunction(a.value(x))
        case .tanh(let a): return hyperbolicTangent(a.value(x))
        }
    }
}

// Inside the enumeration these names are its cases'.
private func errorFunction(_ x: Double) -> Double { erf(x) }
private func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
func exponential(_ x: Double) -> Double { exp(x) }
