extension Operation {
    /// The normalisation by a batch's statistics that it is, nil for anything else.
    package var batchNorm: BatchNorm? {
        switch self {
        case .batchNorm(let norm): norm
        case .input, .convolution, .activation, .pool, .globalPool, .multiply, .add, .concatenate, .dropout, .flatten,
            .linear, .layerNorm, .layerScale, .tokens, .attention, .slice, .responseNorm, .spaceToDepth, .pad,
            .gridPool,
            .channelShuffle,
            .normalize, .neighbours:
            nil
        }
    }

    /// Whether the last of its parameters is a factor of all outputs.
    package var hasScale: Bool {
        switch self {
        case .linear(let linear): linear.hasUnitRows
        case .neighbours: true
        case .input, .convolution, .batchNorm, .activation, .pool, .globalPool, .multiply, .add, .concatenate, .dropout,
            .flatten, .layerNorm, .layerScale, .tokens, .attention, .slice, .responseNorm, .spaceToDepth, .pad,
            .gridPool,
            .channelShuffle, .normalize:
            false
        }
    }

    /// Whether training moves tensors of it that no gradient does: running statistics. They stay only where its learnt
    /// tensors stay.
    package var hasState: Bool { batchNorm != nil }

    /// What the numbers of a parameter are drawn from where nothing pretrained is there, as torchvision does it.
    package func initialValues(of role: Parameter.Role) -> InitialValues {
        switch self {
        case .linear(let linear) where linear.hasUnitRows && role == .bias:
            // What cosine classifiers begin with (arXiv:1804.09458).
            return .constant(10)
        case .linear(let linear): return .uniform(1 / Double(linear.inputs).squareRoot())
        case .convolution(let conv):
            guard role == .weight else { return .constant(0) }
            return .normal((2 / Double(conv.outputs * conv.kernel.height * conv.kernel.width)).squareRoot())
        case .batchNorm, .layerNorm:
            switch role {
            case .weight, .runningVariance: return .constant(1)
            case .bias, .runningMean, .fixed: return .constant(0)
            }
        case .layerScale(let scale) where scale.isShared: return .constant(role == .weight ? 1 : 0)
        case .layerScale: return .constant(role == .weight ? 1e-5 : 0)
        case .attention: return role == .weight ? .normal(0.02) : .constant(0)
        case .tokens: return .normal(0.02)
        case .responseNorm, .input, .activation, .pool, .globalPool, .multiply, .add, .concatenate, .dropout, .flatten,
            .slice, .spaceToDepth, .pad, .gridPool, .channelShuffle, .normalize, .neighbours:
            return .constant(0)
        }
    }
}

/// Where a new parameter's numbers come from.
package enum InitialValues: Sendable {
    case constant(Float)
    /// From -bound to bound.
    case uniform(Double)
    /// With that deviation.
    case normal(Double)
}
