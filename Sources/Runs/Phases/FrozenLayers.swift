import Engine
import Inference
import RunConfiguration
import Weights
import Zoo

/// How the layers of a run compute that are not trained: in training, and in the model that comes of it. What is trained, and
/// what follows it, is in float32.
struct FrozenLayers: Sendable {
    let choice: FrozenPrecision
    /// What the weights' file has in 8 bits; nil unless that is the choice.
    private let quantization: Quantization?

    /// - Throws: `GraftError.invalidValue` for 8 bits of weights that are not.
    init(_ choice: FrozenPrecision, weights: BaseWeights) throws(GraftError) {
        self.choice = choice
        guard choice == .int8 else {
            quantization = nil
            return
        }
        guard let quantization = weights.quantization else {
            throw GraftError(
                .invalidValue, "the weights are not in 8 bits", parameter: "precision", expected: "f32 or bf16",
                found: "int8, and weights of \(weights.name)", remedy: "make a file that is: graft quantize")
        }
        self.quantization = quantization
    }

    /// What a plan of the frozen layers alone is made with.
    var plan: (quantization: Quantization?, precision: Precision) {
        (quantization, choice == .bfloat16 ? .bfloat16 : .float32)
    }

    /// Lets a model's description say how the layers up to a stage compute.
    /// - Parameter cut: nil where no layer is frozen.
    func describe(_ metadata: inout ModelMetadata, cut: String?, of graph: Graph) throws(GraftError) {
        guard let cut else { return }
        switch choice {
        case .float32: break
        case .bfloat16: metadata.precision = .init(kind: Precision.bfloat16.name, through: cut)
        case .int8: metadata.quantization = quantization?.limited(to: try graph.prefix(through: cut), of: graph)
        }
    }

    /// What a person should know; nil for float32.
    var note: String? {
        switch choice {
        case .float32: nil
        case .bfloat16: "layers that are not trained compute in bf16, and so do those of them that the model keeps"
        case .int8: "layers that are not trained compute in 8 bits, and so do those of them that the model keeps"
        }
    }

    /// - Throws: `GraftError.invalidValue` where no phase leaves layers as they are, or one those in 8 bits that were trained
    ///   before.
    func check(_ phases: [ModelPlan.Phase]) throws(GraftError) {
        func frozen(_ phase: ModelPlan.Phase) -> Int { phase.prefix?.nodes.count ?? 0 }
        if choice == .int8, let last = phases.last, phases.contains(where: { frozen($0) < frozen(last) }) {
            throw GraftError(
                .invalidValue, "layers that an earlier phase trains have no ranges in 8 bits", parameter: "precision",
                expected: "f32 or bf16", found: "int8", remedy: "freeze them in every phase")
        }
        guard choice != .float32, phases.allSatisfy({ $0.cut == nil }) else { return }
        throw GraftError(
            .invalidValue, "every layer is trained, and training is in float32", parameter: "precision",
            found: choice.rawValue, remedy: "leave it out, or freeze some layers: train.freeze")
    }
}
