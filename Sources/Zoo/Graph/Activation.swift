/// The elementwise functions, as PyTorch defines them. One is added here, with what it computes, and as a kernel of the same name
/// (`CKernels.h` says how); whoever else has to know it reads these two.
public enum Activation: String, Sendable, Hashable, CaseIterable {
    /// `max(x, 0)`
    case relu
    /// `min(max(x, 0), 6)`
    case relu6
    /// `x * sigmoid(x)`
    case silu
    /// `x * relu6(x + 3) / 6`
    case hardSwish
    /// `relu6(x + 3) / 6`
    case hardSigmoid
    /// `1 / (1 + exp(-x))`
    case sigmoid
    /// `x * P(X <= x)` for a normal X (arXiv:1606.08415), exactly.
    case gelu
    /// The same by `tanh` (PyTorch's `approximate="tanh"`).
    case geluTanh
    /// `x * sigmoid(1.702 * x)`
    case quickGELU

    /// What it computes.
    package var formula: Formula {
        switch self {
        case .relu: .relu(.x)
        case .relu6: .clip(.x, 0, 6)
        case .silu: .product(.x, .sigmoid(.x))
        case .hardSwish: .hardSwish(.x)
        case .hardSigmoid: .hardSigmoid(.x)
        case .sigmoid: .sigmoid(.x)
        case .gelu:
            .product(.x, .product(.constant(0.5), .sum(.constant(1), .erf(.product(.constant(0.5.squareRoot()), .x)))))
        case .geluTanh:
            .product(
                .x,
                .product(
                    .constant(0.5),
                    .sum(
                        .constant(1),
                        .tanh(
                            .product(
                                .constant(0.797_884_560_802_865_4),
                                .sum(.x, .product(.constant(0.044715), .product(.x, .product(.x, .x)))))))))
        case .quickGELU: .product(.x, .sigmoid(.product(.constant(1.702), .x)))
        }
    }
}

/// A function of one number, in the words of ONNX: what exporters write, and what kernels are measured on.
package indirect enum Formula: Sendable {
    case x
    case constant(Double)
    case sum(Formula, Formula)
    case product(Formula, Formula)
    case relu(Formula)
    /// At least and at most.
    case clip(Formula, Double, Double)
    case sigmoid(Formula)
    /// `clip(x / 6 + 1 / 2, 0, 1)`
    case hardSigmoid(Formula)
    /// `x * hardSigmoid(x)`
    case hardSwish(Formula)
    case erf(Formula)
    case tanh(Formula)
}
