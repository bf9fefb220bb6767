import CKernels
import Zoo

/// Where a layer's random numbers come from: they follow from the plan's seed, the layer, the epoch and the image's number
/// in its data set, whoever asks and however often.
struct RandomSource: Sendable {
    let seed: UInt64
    /// Counted from the output, so that it is the same whatever the graph's cut.
    let layer: UInt32

    init(seed: UInt64, node: Int, of graph: Graph) {
        self.seed = seed
        layer = UInt32(truncatingIfNeeded: graph.nodes.count - node)
    }

    /// `values` of some images with each zeroed with the probability and the others scaled by `1 / (1 - p)`. Forward and
    /// backward call this alike: the mask is computed again, not kept.
    func dropped(_ values: [Float], _ pass: Pass, probability: Double) -> [Float] {
        let key = CounterRandom(seed: seed, purpose: .dropout).key
        let threshold = Self.threshold(probability)
        let scale = Float(1 / (1 - probability))
        let size = values.count / max(1, pass.images.count)
        var result = values
        result.withUnsafeMutableBufferPointer { result in
            for (n, sample) in pass.occasion.samples[pass.images].enumerated() {
                let row = UnsafeMutableBufferPointer(rebasing: result[n * size..<(n + 1) * size])
                let counter = [
                    UInt32(truncatingIfNeeded: sample), layer, UInt32(truncatingIfNeeded: pass.occasion.epoch),
                ]
                pass.kernels.pointee.dropout(row.baseAddress, row.count, [key[0], key[1]], counter, threshold, scale)
            }
        }
        return result
    }

    /// Stochastic depth's factor for each image: 0 with the probability, else `1 / (1 - p)`.
    func depthScales(_ occasion: Occasion, _ images: Range<Int>, probability: Double) -> [Float] {
        let random = CounterRandom(seed: seed, purpose: .stochasticDepth)
        let threshold = Self.threshold(probability)
        return occasion.samples[images].map { sample in
            let words = random.words(
                at: SIMD4(0, UInt32(truncatingIfNeeded: sample), layer, UInt32(truncatingIfNeeded: occasion.epoch)))
            return words[0] >= threshold ? Float(1 / (1 - probability)) : 0
        }
    }

    /// Random words below it are drops.
    private static func threshold(_ probability: Double) -> UInt32 { UInt32(probability * 4_294_967_295) }
}

/// When and on which images a pass runs: what its random numbers depend on.
struct Occasion: Sendable {
    var epoch: Int
    /// The index of each image in its data set.
    var samples: [Int]
}
