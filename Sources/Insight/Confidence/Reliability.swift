import Zoo

/// How often answers are right, by how sure the model was of them.
package struct Reliability: Sendable, Hashable {
    /// Answers of about the same confidence.
    package struct Bin: Sendable, Hashable {
        /// The confidences that it holds: above `lower`, up to `upper`.
        package let lower: Double
        /// The highest confidence.
        package let upper: Double
        /// Answers.
        package let count: Int
        /// Of those, right ones.
        package let correct: Int
        /// Their mean confidence; 0 for none.
        package let confidence: Double
    }

    /// From 0 to 1, of equal width.
    package let bins: [Bin]
    /// The expected calibration error: the mean distance between confidence and accuracy, each bin by its answers.
    package let error: Double
    /// The mean of that error for a model whose confidence is exactly right, on as many answers of the same confidence:
    /// nothing can be expected to be better.
    package let noiseFloor: Double
    /// 95 % of the errors of such a model are below this.
    package let noiseLimit: Double
    /// Right answers.
    package let correct: Int
    /// Answers.
    package let total: Int
    /// The mean confidence.
    package let confidence: Double

    private static let simulations = 1000

    /// - Parameters:
    ///   - confidences: of the answers, from 0 to 1.
    ///   - isRight: whether each was right.
    package init(confidences: [Double], isRight: [Bool], bins count: Int = 15, seed: UInt64 = 0) {
        let bin = confidences.map { confidence in
            let place = Int((confidence * Double(count)).rounded(.up)) - 1
            return max(0, min(count - 1, place))
        }
        var counts = [Int](repeating: 0, count: count), correct = counts
        var sums = [Double](repeating: 0, count: count)
        for (index, confidence) in confidences.enumerated() {
            counts[bin[index]] += 1
            sums[bin[index]] += confidence
            if isRight[index] { correct[bin[index]] += 1 }
        }
        func error(_ correct: [Int]) -> Double {
            guard !confidences.isEmpty else { return 0 }
            var sum = 0.0
            for index in 0..<count { sum += abs(sums[index] - Double(correct[index])) }
            return sum / Double(confidences.count)
        }
        let width = 1 / Double(count)
        bins = (0..<count).map { index in
            let mean = counts[index] == 0 ? 0 : sums[index] / Double(counts[index])
            return Bin(
                lower: Double(index) * width, upper: Double(index + 1) * width, count: counts[index],
                correct: correct[index], confidence: mean)
        }
        self.error = error(correct)
        let random = CounterRandom(seed: seed, purpose: .sampling)
        var errors: [Double] = []
        // Four words at a time, one for each of four simulations.
        for round in 0..<Self.simulations / 4 {
            var drawn = [SIMD4<Int>](repeating: .zero, count: count)
            for (index, confidence) in confidences.enumerated() {
                let words = random.words(
                    at: SIMD4(UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: round), 0, 1))
                for lane in 0..<4 where CounterRandom.uniform(words[lane]) < confidence { drawn[bin[index]][lane] += 1 }
            }
            for lane in 0..<4 { errors.append(error(drawn.map { $0[lane] })) }
        }
        errors.sort()
        noiseFloor = errors.reduce(0, +) / Double(Self.simulations)
        noiseLimit = errors[Self.simulations * 95 / 100]
        self.correct = correct.reduce(0, +)
        total = confidences.count
        confidence = confidences.isEmpty ? 0 : confidences.reduce(0, +) / Double(confidences.count)
    }
}
