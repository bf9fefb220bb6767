import Engine
import Weights
public import Zoo

/// Whether a model answers on this machine as it did where it was written.
public struct SelfTest: Sendable, Hashable {
    /// The greatest difference between a logit and the recorded one that passes, as a part of the largest logit's
    /// magnitude: other instruction sets sum in another order.
    public static let tolerance = 1e-4

    /// The number of logits compared.
    public let logits: Int
    /// The greatest difference of a logit from the recorded one.
    public let greatestDifference: Double
    /// The magnitude of the largest recorded logit.
    public let largestLogit: Double
    /// The instruction set whose kernels ran.
    public let isa: String
    /// The threads that ran them.
    public let threads: Int

    /// `greatestDifference` as a part of `largestLogit`.
    public var relativeDifference: Double {
        min(greatestDifference / max(largestLogit, .leastNormalMagnitude), .greatestFiniteMagnitude)
    }
    /// Whether the difference is within `tolerance`.
    public var passed: Bool { relativeDifference <= Self.tolerance }

    /// Runs the model on its probe.
    /// - Parameter threads: as in `InferencePlan`.
    /// - Throws: `GraftError.probe` for a model without one; `GraftError`.
    public init(_ model: PortableModel, threads: Int? = nil) throws(GraftError) {
        let expected = try Probe.recorded(in: model)
        let found = try Probe.logits(
            of: model.model, weights: model.tensors, preprocessing: model.metadata.preprocessing, threads: threads,
            quantization: model.metadata.quantization)[0]
        self.init(
            expected: expected, found: found, isa: try KernelSet.chosen().name, threads: try ThreadPool.count(threads))
    }

    init(expected: [Float], found: [Float], isa: String, threads: Int) {
        logits = expected.count
        greatestDifference = Logits.greatestDifference(expected, found)
        largestLogit = expected.reduce(0) { max($0, Double($1.magnitude)) }
        self.isa = isa
        self.threads = threads
    }
}

enum Logits {
    /// The greatest difference of two lists of one length; as large as can be where a difference is no number.
    static func greatestDifference(_ first: [Float], _ second: [Float]) -> Double {
        zip(first, second).reduce(0) { greatest, pair in
            let difference = (Double(pair.0) - Double(pair.1)).magnitude
            return difference.isFinite ? max(greatest, difference) : .greatestFiniteMagnitude
        }
    }
}
