package import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Formula {
    /// The function in double precision, for tables.
    package func evaluated(at x: Double) -> Double {
        switch self {
        case .x: x
        case .constant(let value): value
        case .sum(let a, let b): a.evaluated(at: x) + b.evaluated(at: x)
        case .product(let a, let b): a.evaluated(at: x) * b.evaluated(at: x)
        case .relu(let a): max(a.evaluated(at: x), 0)
        case .clip(let a, let least, let most): min(max(a.evaluated(at: x), least), most)
        case .sigmoid(let a): 1 / (1 + exp(-a.evaluated(at: x)))
        case .hardSigmoid(let a): min(max(a.evaluated(at: x) / 6 + 0.5, 0), 1)
        case .hardSwish(let a):
            a.evaluated(at: x) * min(max(a.evaluated(at: x) / 6 + 0.5, 0), 1)
        case .erf(let a): errorFunction(a.evaluated(at: x))
        case .tanh(let a): hyperbolicTangent(a.evaluated(at: x))
        }
    }
}

// The cases' names hide the functions'.
private func errorFunction(_ x: Double) -> Double { erf(x) }
private func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
