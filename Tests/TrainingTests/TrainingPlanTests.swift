import Engine
import Testing
import Zoo

/// The plan's own rules: statistics, freezing, randomness, refusals.
@Suite struct TrainingPlanTests {
    private func weights(_ graph: Graph) -> StateDict { Initializer(seed: 3).fill(graph) }

    @Test func runningStatistics() throws {
        let graph = try vectorGraph(2) { Norm(momentum: 0.25) }
        var plan = try TrainingPlan(graph, weights: weights(graph))
        // Channel 0: mean 2, unbiased variance 4; channel 1: mean 10, variance 0.
        let input = try Tensor(shape: [3, 2], elements: [0, 10, 2, 10, 4, 10])
        _ = try plan.forward(input)
        #expect(plan.weights["0.running_mean"]?.elements == [0.5, 2.5])
        #expect(plan.weights["0.running_var"]?.elements == [1.75, 0.75])
        let before = plan.weights
        _ = try plan.evaluate(input)
        #expect(plan.weights == before)
    }

    @Test func frozenStatisticsStay() throws {
        let graph = try vectorGraph(2) {
            Norm()
            Dense(2)
        }
        var plan = try TrainingPlan(graph, weights: weights(graph)) { !$0.name.hasPrefix("0") }
        let before = plan.weights
        let input = try Tensor(shape: [2, 2], elements: [1, 2, 3, 4])
        let output = try plan.forward(input)
        #expect(plan.weights == before)
        #expect(try plan.evaluate(input) == output)
        try plan.backward(output)
        #expect(plan.gradientDict.names == ["1.weight", "1.bias"])
        #expect(!plan.needsSeveralSamples)
    }

    /// What a block adds up, and its weights in panels, have their place for as long as it runs.
    @Test func stretchesShareMemory() throws {
        let graph = try graph([4, 4, 32]) {
            for block in 0..<6 {
                Residual {
                    LayerNorm().named("norm")
                    Conv(64, kernel: 1, bias: true).named("up")
                    Activation.gelu.named("activation")
                    Conv(32, kernel: 1, bias: true).named("down")
                }.named("\(block)")
            }
        }
        func memory(_ parametersAtOnce: Int) throws -> Int {
            try TrainingPlan(
                graph, weights: weights(graph), threads: 1, kernels: .chosen(), parametersAtOnce: parametersAtOnce
            ).memory(batch: 8)
        }
        // A block has 4,192 parameters: six of them in each of eight parts of a batch and in panels, for one of them.
        let saved = try memory(1 << 20) - memory(4_000)
        #expect(saved > 5 * 4_192 * 9 * 4 / 2)
    }

    @Test func dropoutStatistics() throws {
        let graph = try vectorGraph(1000) { Dropout(0.3) }
        let plan = try TrainingPlan(graph, weights: StateDict(), seed: 5, wantsInputGradient: true)
        let ones = Tensor(shape: [64, 1000], repeating: 1)
        func mask(_ epoch: Int, _ samples: [Int]? = nil) throws -> [Float] {
            var plan = plan
            return try plan.forward(ones, epoch: epoch, samples: samples).elements
        }
        let first = try mask(1)
        #expect(Set(first) == [0, 1 / Float(0.7)])
        // Six standard deviations of 64,000 draws: sqrt(0.3 * 0.7 / 64000) = 0.0018.
        #expect(abs(Double(first.count { $0 == 0 }) / 64000 - 0.3) < 0.011)
        // No row and no column is special: 30 % and six deviations again.
        for row in 0..<64 { #expect(abs(first[row * 1000..<(row + 1) * 1000].count { $0 == 0 } - 300) < 87) }
        for column in 0..<1000 {
            #expect(abs(stride(from: column, to: 64000, by: 1000).count { first[$0] == 0 } - 19) <= 22)
        }
        #expect(try mask(1) == first)
        #expect(try mask(2) != first)
        // An image keeps its mask wherever it stands in a batch.
        let reversed = try mask(1, Array((0..<64).reversed()))
        #expect(reversed[0..<1000] == first[63000..<64000])
        #expect(try plan.evaluate(ones) == ones)
        // Backward uses the same mask.
        var again = plan
        _ = try again.forward(ones, epoch: 1)
        #expect(try again.backward(ones)?.elements == first)
    }

    @Test func twoDropoutsDiffer() throws {
        func output(_ layers: Int) throws -> [Float] {
            let graph = try vectorGraph(400) { for _ in 0..<layers { Dropout(0.5) } }
            var plan = try TrainingPlan(graph, weights: StateDict())
            return try plan.forward(Tensor(shape: [1, 400], repeating: 1)).elements
        }
        // A value survives both with probability 1/4: 100 of 400, deviation 8.7.
        #expect(abs(try output(2).count { $0 != 0 } - 100) < 52)
    }

    @Test func stochasticDepth() throws {
        let graph = try vectorGraph(3) { Residual(drop: 0.4) { Activation.relu } }
        var plan = try TrainingPlan(graph, weights: StateDict(), wantsInputGradient: true)
        let ones = Tensor(shape: [1000, 3], repeating: 1)
        let output = try plan.forward(ones)
        let kept = 1 + 1 / Float(0.6)
        var dropped = 0
        for n in 0..<1000 {
            let row = Array(output.elements[n * 3..<n * 3 + 3])
            #expect(row == [1, 1, 1] || row == [kept, kept, kept])
            dropped += row[0] == 1 ? 1 : 0
        }
        #expect(abs(dropped - 400) < 93)
        #expect(try plan.backward(ones)?.elements == output.elements)
        #expect(try plan.evaluate(ones).elements.allSatisfy { $0 == 2 })
    }

    @Test func philoxKnownAnswers() {
        // Random123's kat_vectors, philox4x32, 10 rounds.
        #expect(
            CounterRandom.philox(SIMD4(repeating: 0), key: SIMD2(repeating: 0))
                == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
        #expect(
            CounterRandom.philox(SIMD4(repeating: .max), key: SIMD2(repeating: .max))
                == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
        #expect(
            CounterRandom.philox(
                SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: SIMD2(0xa409_3822, 0x299f_31d0))
                == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
    }

    @Test func permutations() {
        let random = CounterRandom(seed: 1, purpose: .order)
        let order = random.permutation(count: 100, round: 1)
        #expect(order.sorted() == Array(0..<100))
        #expect(order == random.permutation(count: 100, round: 1))
        #expect(order != random.permutation(count: 100, round: 2))
        #expect(order != CounterRandom(seed: 1, purpose: .split).permutation(count: 100, round: 1))
        // Of 6,000 orders of three, each of the six comes 1,000 times, deviation 29.
        var counts: [[Int]: Int] = [:]
        for round in 0..<6000 { counts[random.permutation(count: 3, round: round), default: 0] += 1 }
        #expect(counts.count == 6 && counts.values.allSatisfy { abs($0 - 1000) < 174 })
    }

    @Test func initialWeights() throws {
        let graph = try graph([9, 9, 8]) {
            Conv(64, kernel: 3, bias: true)
            Norm()
            GlobalPool.average
            Flatten()
            Dense(300)
        }
        let weights = Initializer(seed: 1).fill(graph)
        #expect(weights.names == graph.parameters.map(\.name))
        let linear = try #require(weights["4.weight"]).elements
        #expect(linear.allSatisfy { abs($0) < 0.125 })
        #expect(linear.contains { $0 > 0.1249 } && linear.contains { $0 < -0.1249 })
        // Uniform within 1/8: variance 1/192, known to about 1 % from 19,200 values.
        #expect(abs(linear.reduce(0) { $0 + $1 * $1 } / 19200 * 192 - 1) < 0.05)
        let bias = try #require(weights["4.bias"]).elements
        #expect(bias.allSatisfy { abs($0) < 0.125 } && Set(bias).count > 290)
        let convolution = try #require(weights["0.weight"]).elements.map(Double.init)
        let deviation = (2.0 / (64 * 9)).squareRoot()
        let count = Double(convolution.count)
        #expect(abs(convolution.reduce(0, +) / count) < 6 * deviation / count.squareRoot())
        #expect(abs(convolution.reduce(0) { $0 + $1 * $1 } / count / (deviation * deviation) - 1) < 0.13)
        // Normal: 68.3 % within one deviation, 4,608 values.
        #expect(abs(Double(convolution.count { abs($0) < deviation }) / count - 0.6827) < 0.042)
        #expect(weights["0.bias"]?.elements.allSatisfy { $0 == 0 } == true)
        #expect(weights["1.weight"]?.elements.allSatisfy { $0 == 1 } == true)
        #expect(weights["1.bias"]?.elements.allSatisfy { $0 == 0 } == true)
        #expect(weights["1.running_mean"]?.elements.allSatisfy { $0 == 0 } == true)
        #expect(weights["1.running_var"]?.elements.allSatisfy { $0 == 1 } == true)
        #expect(Initializer(seed: 2).fill(graph)["4.weight"] != weights["4.weight"])
        var given = StateDict()
        given["4.bias"] = Tensor(shape: [300], repeating: 7)
        let filled = Initializer(seed: 1).fill(graph, from: given)
        #expect(filled["4.bias"] == given["4.bias"] && filled["4.weight"] == weights["4.weight"])
    }

    @Test func refusals() throws {
        func message(_ body: () throws -> Void) -> String {
            do { try body() } catch { return "\(error)" }
            return "nothing was thrown"
        }
        let head = try vectorGraph(2) { Dense(3) }
        #expect(
            message { _ = try TrainingPlan(head, weights: StateDict()) }
                == "0.weight: the weights lack a tensor of the model")
        var wrong = weights(head)
        wrong["0.weight"] = Tensor(shape: [2, 3])
        #expect(
            message { _ = try TrainingPlan(head, weights: wrong) }
                == "0.weight: a weight does not fit the model: expected 3x2, found 2x3")
        var plan = try TrainingPlan(head, weights: weights(head))
        #expect(
            message { _ = try plan.forward(Tensor(shape: [4, 3])) }
                == "the input does not fit the model: expected Nx2, found 4x3")
        #expect(
            message { _ = try plan.forward(Tensor(shape: [4, 2]), samples: [1]) }
                == "every image needs a number: expected 4 numbers, found 1")
        #expect(
            message { try plan.backward(Tensor(shape: [4, 3])) }
                == "a backward pass needs a forward pass in training mode before it")
        _ = try plan.forward(Tensor(shape: [4, 2]))
        #expect(
            message { try plan.backward(Tensor(shape: [3, 3])) }
                == "the gradient does not fit the output: expected 4x3, found 3x3")
        let norm = try vectorGraph(2) { Norm() }
        var normPlan = try TrainingPlan(norm, weights: weights(norm))
        let before = normPlan.weights
        #expect(
            message { _ = try normPlan.forward(Tensor(shape: [1, 2])) }
                == "0: batch norm cannot be trained on one value a channel: expected a batch of at least 2, found 1; "
                + "use a larger train.batch_size")
        #expect(normPlan.weights == before)
    }
}
