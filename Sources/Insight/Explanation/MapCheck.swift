import Numbers
package import Zoo

/// Whether a map shows what counts: the model's answer as the hottest parts are taken away, and as they alone are shown
/// (Petsiuk et al., "RISE", 2018), beside maps of random order.
package struct MapCheck: Sendable, Hashable {
    /// The mean probability of the class while the hottest cells are covered first: low is good.
    package let deletion: Double
    /// The mean probability while the hottest cells are uncovered first: high is good.
    package let insertion: Double
    /// The same for cells in random order, the mean of several.
    package let randomDeletion: Double
    /// The same for cells in random order, the mean of several.
    package let randomInsertion: Double

    /// Cells are taken in so many steps.
    private static let steps = 12
    private static let randomMaps = 4

    /// - Parameters:
    ///   - input: `[1, H, W, 3]`, normalised: covered parts have the mean colour, 0.
    ///   - logits: the model's answers to `[N, H, W, 3]`: `[N, outputs]`.
    package init(
        _ map: HeatMap, of input: Tensor, seed: UInt64 = 0, logits: (Tensor) throws(GraftError) -> Tensor
    ) throws(GraftError) {
        let cells = map.rows * map.columns
        let hottest = (0..<cells).sorted { (-map.values[$0], $0) < (-map.values[$1], $1) }
        let random = CounterRandom(seed: seed, purpose: .sampling)
        func means(_ order: [Int]) throws(GraftError) -> (deletion: Double, insertion: Double) {
            var deleted = 0.0, inserted = 0.0
            for step in 0...Self.steps {
                let count = cells * step / Self.steps
                let covered = Set(order.prefix(count))
                deleted += try Self.probability(map, input, covered: covered, logits)
                inserted += try Self.probability(map, input, covered: Set(order.dropFirst(count)), logits)
            }
            return (deleted / Double(Self.steps + 1), inserted / Double(Self.steps + 1))
        }
        (deletion, insertion) = try means(hottest)
        var sums = (0.0, 0.0)
        for round in 0..<Self.randomMaps {
            let found = try means(random.permutation(count: cells, round: round))
            sums = (sums.0 + found.deletion, sums.1 + found.insertion)
        }
        randomDeletion = sums.0 / Double(Self.randomMaps)
        randomInsertion = sums.1 / Double(Self.randomMaps)
    }

    private static func probability(
        _ map: HeatMap, _ input: Tensor, covered: Set<Int>, _ logits: (Tensor) throws(GraftError) -> Tensor
    ) throws(GraftError) -> Double {
        var input = input
        let (height, width) = (input.shape[1], input.shape[2])
        input.withElements { elements in
            for y in 0..<height {
                for x in 0..<width
                where covered.contains(y * map.rows / height * map.columns + x * map.columns / width) {
                    for channel in 0..<3 { elements[(y * width + x) * 3 + channel] = 0 }
                }
            }
        }
        let answer = try logits(input).elements.map(Double.init)
        // A single output is the logit of class 1 against class 0.
        let values = answer.count == 1 ? [0, answer[0]] : answer
        return LogProbabilities.probabilities(values)[map.index]
    }
}
