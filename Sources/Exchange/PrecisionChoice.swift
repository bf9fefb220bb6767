package import Engine
package import Weights
package import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What `--precision` may ask for.
package enum PrecisionChoice: String, Sendable, CaseIterable {
    case float32 = "f32"
    case bfloat16 = "bf16"
    /// What the model's file has in 8 bits, the rest in float32.
    case int8 = "int8"
    /// The fastest of those that the model has, measured on this machine.
    case auto = "auto"

    /// What a plan is to be made with.
    package struct Found: Sendable {
        package let choice: PrecisionChoice
        package let quantization: Quantization?
        package let precision: Precision

        package init(choice: PrecisionChoice, quantization: Quantization?, precision: Precision) {
            self.choice = choice
            self.quantization = quantization
            self.precision = precision
        }
    }

    /// - Parameters:
    ///   - sha256: of the weights.
    ///   - quantization: what the model's file says.
    ///   - threads: that plans are made for.
    ///   - name: what an error calls the model.
    ///   - cache: where a measurement is kept for the next time.
    /// - Throws: `GraftError.invalidValue` for 8 bits of a model that has none; `GraftError` as `InferencePlan`.
    package func resolved(
        graph: Graph, weights: StateDict, sha256: @autoclosure () -> String, quantization: Quantization?,
        threads: Int?, name: String, cache: CacheDirectory = CacheDirectory()
    ) throws(GraftError) -> Found {
        switch self {
        case .float32: return Found(choice: self, quantization: nil, precision: .float32)
        case .bfloat16: return Found(choice: self, quantization: nil, precision: .bfloat16)
        case .int8:
            guard let quantization else {
                throw GraftError(
                    .invalidValue, "the model is not in 8 bits", file: name, remedy: "make one that is: graft quantize")
            }
            return Found(choice: self, quantization: quantization, precision: .float32)
        case .auto: break
        }
        let threads = try ThreadPool.count(threads), kernels = try KernelSet.chosen()
        let key = [
            "graft precision 1", Version.current, sha256(), "\(graph.inputShape) \(threads)", kernels.name,
            kernels.bytes.name, kernels.pairs.name, Self.processor, quantization.map { "\($0.hashable)" } ?? "",
        ].joined(separator: "\n")
        let file = "\(cache.path)/precision/\(Hash.sha256(key).prefix(32))"
        let choices: [PrecisionChoice] = [.float32, .bfloat16] + (quantization == nil ? [] : [.int8])
        func found(_ choice: PrecisionChoice) throws(GraftError) -> Found {
            try choice.resolved(
                graph: graph, weights: weights, sha256: "", quantization: quantization, threads: threads, name: name)
        }
        if let text = try? String(contentsOfFile: file, encoding: .utf8),
            let known = choices.first(where: { $0.rawValue == text })
        {
            return try found(known)
        }
        var plans: [InferencePlan] = []
        for choice in choices {
            let found = try found(choice)
            plans.append(
                try InferencePlan(
                    graph, weights: weights, threads: threads, quantization: found.quantization,
                    precision: found.precision))
        }
        let fastest = choices[try Self.fastest(of: plans)]
        // Where nothing can be kept, the next run measures again.
        if (try? CacheDirectory.make(cache.path + "/precision")) != nil {
            try? AtomicFile.write(Array(fastest.rawValue.utf8), to: file)
        }
        return try found(fastest)
    }

    /// The plan whose best run of one image is shortest; the first unless another is 5 % faster. In turns, so that what else the
    /// machine does meets all of them.
    private static func fastest(of plans: [InferencePlan]) throws(GraftError) -> Int {
        let clock = ContinuousClock()
        var best = [Duration](repeating: .seconds(1_000_000), count: plans.count)
        let start = clock.now
        var rounds = 0
        while rounds < 3 || rounds < 40 && clock.now - start < .milliseconds(600) {
            for (index, plan) in plans.enumerated() {
                let before = clock.now
                _ = try plan.run(Tensor(shape: [1] + plan.inputShape, repeating: 0.5))
                best[index] = min(best[index], clock.now - before)
            }
            rounds += 1
        }
        let fastest = best.indices.min { best[$0] < best[$1] } ?? 0
        return best[fastest] * 20 < best[0] * 19 ? fastest : 0
    }

    /// The processor's name, as far as the system tells it.
    private static var processor: String {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").first { $0.hasPrefix("model name") }.map(String.init) ?? ""
    }
}

extension Quantization {
    /// The same text for equal values.
    fileprivate var hashable: String {
        ranges.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.scale) \($0.value.zero)" }.joined(separator: "\n")
            + "\(floatLayers.sorted())"
    }
}
