import Engine
import Synchronization
import Testing
import Zoo

/// The same bits whatever the number of threads, and whoever else runs.
@Suite struct ThreadTests {
    static func network() throws -> Graph {
        try graph([37, 45, 3]) {
            Conv(20, kernel: 3, stride: 2)
            Norm()
            Activation.silu
            InvertedBottleneck(expanded: 120, outputs: 24, kernel: 5, stride: 1, squeezed: 6)
            InvertedBottleneck(expanded: 144, outputs: 40, kernel: 3, stride: 2, activation: .hardSwish)
            Residual {
                Conv(40, kernel: 3); Norm()
            }
            Activation.relu
            Conv(300, kernel: 1)
            Activation.silu
            GlobalPool.average
            Flatten()
            Dense(77)
        }
    }

    @Test func resultsDoNotDependOnThreads() throws {
        let graph = try Self.network()
        var random = Random(state: 4)
        let weights = random.weights(for: graph), input = random.tensor([5, 37, 45, 3])
        for kernels in KernelSet.available {
            let results = try [1, 2, 3, 8].map { threads in
                let plan = try InferencePlan(
                    graph, weights: weights, imageSize: nil, threads: threads, kernels: kernels)
                return try plan.run(input)
            }
            for result in results { #expect(result == results[0]) }
        }
    }

    @Test func resultsDoNotDependOnTheBatch() throws {
        let graph = try Self.network()
        var random = Random(state: 5)
        let weights = random.weights(for: graph), input = random.tensor([11, 37, 45, 3])
        let plan = try InferencePlan(graph, weights: weights, threads: 2)
        let together = try plan.run(input)
        let count = 37 * 45 * 3
        for image in 0..<11 {
            let one = try Tensor(
                shape: [1, 37, 45, 3], elements: Array(input.elements[image * count..<(image + 1) * count]))
            #expect(try plan.run(one).elements == Array(together.elements[image * 77..<(image + 1) * 77]))
        }
        #expect(try plan.run(Tensor(shape: [0, 37, 45, 3])).shape == [0, 77])
    }

    @Test func onePlanRunsOnSeveralThreads() async throws {
        let graph = try Self.network()
        var random = Random(state: 6)
        let weights = random.weights(for: graph)
        let inputs = (0..<8).map { _ in random.tensor([1, 37, 45, 3]) }
        let plan = try InferencePlan(graph, weights: weights, threads: 3)
        let expected = try inputs.map { try plan.run($0) }
        let wrong = try await withThrowingTaskGroup(of: Int.self) { group in
            for (input, expected) in zip(inputs, expected) {
                group.addTask {
                    var wrong = 0
                    for _ in 0..<50 where try plan.run(input) != expected { wrong += 1 }
                    return wrong
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(wrong == 0)
    }

    @Test func poolDoesAllWork() {
        for threads in [1, 2, 5] {
            for _ in 0..<300 {
                let sum = Atomic<Int>(0), next = Atomic<Int>(0)
                ThreadPool.shared.run(threads: threads) { _ in
                    while case let item = next.add(1, ordering: .relaxed).oldValue, item < 100 {
                        sum.add(item, ordering: .relaxed)
                    }
                }
                #expect(sum.load(ordering: .relaxed) == 4950)
            }
        }
    }

    /// A second caller takes half of the threads from the first, which goes on with the rest.
    @Test func callersShareThePool() async {
        let pool = ThreadPool()
        func isTrue(_ condition: () -> Bool) -> Bool {
            let clock = ContinuousClock(), end = clock.now + .seconds(20)
            while !condition() { if clock.now > end { return false } }
            return true
        }
        let isHelped = Atomic<Bool>(false), hasLeft = Atomic<Bool>(false), came = Atomic<Int>(0)
        pool.run(threads: 2) { thread in
            if thread > 0 {
                isHelped.store(true, ordering: .sequentiallyConsistent)
                if isTrue({ !pool.keeps(thread, of: 2) }) { hasLeft.store(true, ordering: .sequentiallyConsistent) }
            } else {
                #expect(isTrue { isHelped.load(ordering: .sequentiallyConsistent) })
                // Another caller: alone, for as long as there are two.
                pool.run(threads: 2) { _ in came.add(1, ordering: .relaxed) }
                pool.run(threads: 2) { _ in #expect(isTrue { hasLeft.load(ordering: .sequentiallyConsistent) }) }
                #expect(pool.keeps(1, of: 2))
            }
        }
        #expect(came.load(ordering: .relaxed) == 1)
        let both = Atomic<Int>(0)
        pool.run(threads: 4) { _ in
            // Two helpers at most: two callers have two threads each.
            pool.run(threads: 4) { thread in
                both.max(thread, ordering: .relaxed)
            }
        }
        #expect(both.load(ordering: .relaxed) <= 1)
    }

    @Test func threadCounts() throws {
        #expect(try ThreadPool.count(3, environment: ["GRAFT_THREADS": "5"]) == 3)
        #expect(try ThreadPool.count(nil, environment: ["GRAFT_THREADS": "5"]) == 5)
        #expect(try ThreadPool.count(nil, environment: [:]) >= 1)
        var error = #expect(throws: GraftError.self) {
            try ThreadPool.count(nil, environment: ["GRAFT_THREADS": "many"])
        }
        #expect(error?.description == "GRAFT_THREADS: not a number of threads: expected 1 to 256, found many")
        error = #expect(throws: GraftError.self) { try ThreadPool.count(0, environment: [:]) }
        #expect(error?.description == "threads: not a number of threads: expected 1 to 256, found 0")
    }

    @Test func stepTimes() throws {
        let graph = try Self.network()
        var random = Random(state: 7)
        let plan = try InferencePlan(graph, weights: random.weights(for: graph))
        let times = try plan.timeSteps(random.tensor([1, 37, 45, 3]), rounds: 3)
        #expect(times.reduce(0) { $0 + $1.multiplyAdds } == plan.multiplyAdds)
        #expect(times.allSatisfy { $0.milliseconds >= 0 && !$0.kind.isEmpty })
    }
}
