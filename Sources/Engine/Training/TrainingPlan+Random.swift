import Zoo

extension TrainingPlan {
    /// The node's number for random streams, counted from the output, so that it is the same whatever the graph's cut.
    private func layer(_ index: Int) -> UInt32 { UInt32(truncatingIfNeeded: graph.nodes.count - index) }

    /// `values` with each zeroed with the probability and the others scaled by `1 / (1 - p)`. Forward and backward call
    /// this alike: the mask is computed again, not kept.
    func dropped(_ values: [Float], at index: Int, _ moment: Moment, probability: Double) -> [Float] {
        let random = CounterRandom(seed: seed, purpose: .dropout)
        let threshold = TrainingPlan.threshold(probability)
        let scale = Float(1 / (1 - probability))
        let size = values.count / max(1, moment.samples.count)
        var result = values
        for (n, sample) in moment.samples.enumerated() {
            for start in stride(from: 0, to: size, by: 4) {
                let words = random.words(
                    at: SIMD4(
                        UInt32(truncatingIfNeeded: start / 4), UInt32(truncatingIfNeeded: sample), layer(index),
                        UInt32(truncatingIfNeeded: moment.epoch)))
                for lane in 0..<min(4, size - start) {
                    let position = n * size + start + lane
                    result[position] = words[lane] >= threshold ? values[position] * scale : 0
                }
            }
        }
        return result
    }

    /// Stochastic depth's factor for each image: 0 with the probability, else `1 / (1 - p)`.
    func depthScales(of index: Int, _ moment: Moment, probability: Double) -> [Float] {
        let random = CounterRandom(seed: seed, purpose: .stochasticDepth)
        let threshold = TrainingPlan.threshold(probability)
        return moment.samples.map { sample in
            let words = random.words(
                at: SIMD4(
                    0, UInt32(truncatingIfNeeded: sample), layer(index), UInt32(truncatingIfNeeded: moment.epoch)))
            return words[0] >= threshold ? Float(1 / (1 - probability)) : 0
        }
    }

    /// Random words below it are drops.
    private static func threshold(_ probability: Double) -> UInt32 { UInt32(probability * 4_294_967_295) }
}
