import Engine
package import Weights
package import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How a model's outputs become answers: by softmax, sigmoids, or as they are.
package struct AnswerReading: Sendable {
    package let task: ModelTask
    /// In the order of the outputs.
    package let names: [String]
    /// What logits of classes are divided by first.
    private let temperature: Double
    /// One a label.
    package let thresholds: [Double]

    package init(
        task: ModelTask = .classification, names: [String], temperature: Double = 1, thresholds: [Double]? = nil
    ) {
        self.task = task
        self.names = names
        self.temperature = temperature
        self.thresholds = thresholds ?? [Double](repeating: 0.5, count: names.count)
    }

    /// One number a name: probabilities that add up to one, probabilities each on its own, or values.
    /// - Parameter outputs: one a name, or one for two classes: the logit of the second against the first. A class that is
    ///   alone has the score of a yes against a no.
    package func figures(_ outputs: [Float]) -> [Double] {
        switch task {
        case .classification:
            let scores = scores(outputs)
            return Array(
                softmax(temperature == 1 ? scores : scores.map { $0 / temperature }).probabilities.prefix(names.count))
        case .multilabel:
            return outputs.map { output in
                let small = exp(-abs(Double(output)))
                return output >= 0 ? 1 / (1 + small) : small / (1 + small)
            }
        case .regression:
            return outputs.map(Double.init)
        }
    }

    /// The names' places, the highest output first, the first one of equals.
    package func ranked(_ outputs: [Float]) -> [Int] {
        let scores = scores(outputs)
        return names.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }
    }

    private func scores(_ outputs: [Float]) -> [Double] {
        guard task == .classification, outputs.count == 1 else { return outputs.map(Double.init) }
        return names.count == 1 ? [Double(outputs[0]), 0] : [0, Double(outputs[0])]
    }
}

extension ModelMetadata {
    /// How the model's outputs become answers.
    package var reading: AnswerReading {
        AnswerReading(task: task, names: classes, temperature: temperature ?? 1, thresholds: thresholds)
    }
}
