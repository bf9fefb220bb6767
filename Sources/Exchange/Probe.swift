import Engine
import Weights
package import Zoo

/// A picture that every machine makes alike, and what a model says of it. The logits travel in the model's file, so that a
/// model can be tested where it arrives.
package enum Probe {
    /// The name of the rule that makes the picture, in `graft.json`.
    static let rule = "splitmix64"

    /// A picture of noise, prepared as the model wants it.
    ///
    /// Byte i (counted by row, column, channel, and on through pictures of higher numbers) is the top 8 bits of
    /// SplitMix64's i-th number from seed 0; the input is `(byte / 255 - mean) / std` in float32.
    /// - Parameter number: of the picture; 0 is the one whose logits files carry.
    /// - Returns: `[1, crop, crop, 3]`
    package static func input(for preprocessing: Preprocessing, number: Int = 0) -> Tensor {
        let side = preprocessing.crop
        let count = side * side * 3
        var tensor = Tensor(shape: [1, side, side, 3])
        tensor.withElements { elements in
            for index in elements.indices {
                let byte = byte(number * count + index)
                let channel = index % 3
                elements[index] =
                    (Float(byte) / 255 - preprocessing.mean[channel]) / preprocessing.std[channel]
            }
        }
        return tensor
    }

    /// What a model says of probes.
    /// - Parameters:
    ///   - numbers: of the pictures.
    ///   - threads: as in `InferencePlan`; the logits do not depend on it.
    ///   - quantization: what is computed in 8 bits.
    /// - Returns: for every picture, one logit an output.
    package static func logits(
        of model: Model, weights: StateDict, preprocessing: Preprocessing, numbers: Range<Int> = 0..<1,
        threads: Int? = nil, quantization: Quantization? = nil
    ) throws(GraftError) -> [[Float]] {
        let graph = try model.graph(imageSize: Extent(preprocessing.crop))
        let plan = try InferencePlan(graph, weights: weights, threads: threads, quantization: quantization)
        return try numbers.map { number throws(GraftError) in
            try plan.run(input(for: preprocessing, number: number)).elements
        }
    }

    /// What `ModelMetadata.probe` holds for a model.
    /// - Throws: `GraftError` for a model that does not run, or that answers NaN or infinity.
    package static func record(
        of model: Model, weights: StateDict, preprocessing: Preprocessing, threads: Int? = nil,
        quantization: Quantization? = nil
    ) throws(GraftError) -> [String: OptionValue] {
        let logits = try logits(
            of: model, weights: weights, preprocessing: preprocessing, threads: threads, quantization: quantization)[0]
        guard let wrong = logits.first(where: { !$0.isFinite }) else { return description(of: logits) }
        throw GraftError(
            .value, "the model's answer to a picture of noise is no number", found: "\(wrong)",
            remedy: "its weights diverged in training, or are another network's")
    }

    private static func description(of logits: [Float]) -> [String: OptionValue] {
        ["input": .string(rule), "logits": .list(logits.map { .number(Double($0)) })]
    }

    /// The logits that a file carries.
    /// - Throws: `GraftError.probe` where it has none, or none that this version understands.
    static func recorded(in model: PortableModel) throws(GraftError) -> [Float] {
        let file = model.name
        let outputs = model.model.outputs
        guard let probe = model.metadata.probe else {
            throw GraftError(
                .probe, "the model carries no probe to test it by", file: file,
                remedy: "write it again where it is known to be right: graft export \(file) OUT.npz")
        }
        guard probe["input"] == .string(rule), case .list(let values) = probe["logits"],
            values.count == outputs
        else {
            throw GraftError(
                .probe, "the model's probe is of a kind that this version does not know", file: file,
                expected: "\(outputs) logits of input '\(rule)'",
                found: probe["input"].map { "input '\($0)'" })
        }
        return try values.map { value throws(GraftError) in
            guard case .number(let number) = value, Float(number).isFinite else {
                throw GraftError(.probe, "the model's probe has a logit that is no number", file: file)
            }
            return Float(number)
        }
    }

    private static func byte(_ index: Int) -> UInt8 {
        var x = UInt64(truncatingIfNeeded: index + 1) &* 0x9E37_79B9_7F4A_7C15
        x = (x ^ (x >> 30)) &* 0xBF58_476D_1CE4_E5B9
        x = (x ^ (x >> 27)) &* 0x94D0_49BB_1331_11EB
        return UInt8(truncatingIfNeeded: (x ^ (x >> 31)) >> 56)
    }
}
