import Engine
package import Zoo

/// Whole training steps against the clock: forward, backward, optimiser, with all that a run does in between.
package struct StepBench {
    /// How long a step takes. Times are milliseconds an image.
    package struct Figures: Sendable, Hashable {
        /// Of whole steps.
        package let median: Double
        package let p5: Double
        package let p95: Double
        /// The medians of a step's parts. The loss counts with `backward`, the checks for what is no number with `update`.
        package let forward: Double
        package let backward: Double
        package let update: Double
        /// What the frozen layers take before the first step: not a part of it, for a run keeps their answers.
        package let prefix: Double?
        /// Bytes that a step takes beside the parameters.
        package let memory: Int
        /// Steps that were measured.
        package let runs: Int
    }

    /// The stage that the trained part begins after; nil for the image.
    package let cut: String?
    /// Values that gradient descent moves.
    package let trainedParameters: Int
    private let prefix: InferencePlan?
    private let classCount: Int
    private var trainer: PhaseTrainer
    private let loss: CrossEntropy

    /// - Parameters:
    ///   - graph: from an image to one value a class.
    ///   - weights: every tensor of the graph.
    ///   - threads: nil for `GRAFT_THREADS`, or else the number of processors.
    /// - Throws: `GraftError` where there is nothing to freeze so; `GraftError`; `GraftError` for a head of fewer than two
    ///   values.
    package init(_ graph: Graph, weights: StateDict, freeze: FreezeSettings, threads: Int? = nil) throws(GraftError) {
        var settings = TrainerSettings()
        settings.freeze = freeze
        let phase = settings.effectivePhases[0]
        let parts = ModelParts(graph)
        let frozen = try parts.frozen(phase.freeze, batchNorm: phase.batchNorm)
        cut = parts.cut(frozen: frozen)
        let sides = try cut.map { (name) throws(GraftError) in try graph.cut(after: name) }
        prefix = try sides.map { sides throws(GraftError) in
            try InferencePlan(sides.prefix, weights: weights, threads: threads)
        }
        let suffix = sides?.suffix ?? graph
        classCount = try suffix.shapes(input: suffix.inputShape).last?.reduce(1, *) ?? 0
        let classes = (0..<classCount).map { "class \($0)" }
        trainer = try PhaseTrainer(
            suffix, weights: weights, frozen: frozen, classes: classes, settings: settings, phase: phase,
            threads: threads)
        loss = try PhaseTrainer.loss(settings, classes: classes, labels: Array(0..<classCount))
        trainedParameters = suffix.parameters.filter { $0.role.isLearnt && !frozen.contains($0.name) }
            .reduce(0) { $0 + $1.count }
    }

    /// Takes steps for a while.
    /// - Parameters:
    ///   - numbers: `[N]` and a shape to a tensor to read, not too far from 0.
    ///   - told: called after every step with how many there were.
    /// - Throws: `GraftError.tooLarge` for a batch that memory does not hold; `GraftError.diverged`.
    package mutating func measure(
        batch: Int, seconds: Double, numbers: ([Int]) -> Tensor, told: (Int) -> Void = { _ in }
    ) throws(GraftError) -> Figures {
        let inputs = numbers([batch] + trainer.plan.graph.inputShape)
        let example = TrainingBatch(
            inputs: inputs, labels: (0..<batch).map { $0 % classCount }, samples: Array(0..<batch))
        let clock = ContinuousClock()
        func milliseconds(since start: ContinuousClock.Instant) -> Double {
            (clock.now - start) / .milliseconds(1) / Double(batch)
        }
        var passes: [Double] = [], updates: [Double] = [], steps: [Double] = []
        // The first two take memory and make what optimisers remember.
        var start = clock.now
        for run in 0... {
            if run == 2 { start = clock.now }
            if steps.count >= 3, clock.now - start >= .seconds(seconds) { break }
            let moment = PhaseTrainer.Moment(epoch: 1, step: run + 1, of: run + 1)
            let before = clock.now
            _ = try trainer.propagate(example, loss: loss, moment)
            let pass = milliseconds(since: before)
            try trainer.step(nil, rate: trainer.phase.learningRate, moment)
            let step = milliseconds(since: before)
            guard run >= 2 else { continue }
            passes.append(pass)
            updates.append(step - pass)
            steps.append(step)
            told(steps.count)
        }
        var plan = trainer.plan
        let forward = try Self.median(of: max(3, steps.count / 4)) { () throws(GraftError) in
            let before = clock.now
            _ = try plan.forward(inputs)
            return milliseconds(since: before)
        }
        let prefix = try prefix.map { prefix throws(GraftError) in
            let images = numbers([batch] + prefix.inputShape)
            return try Self.median(of: 4) { () throws(GraftError) in
                let before = clock.now
                _ = try prefix.run(images)
                return milliseconds(since: before)
            }
        }
        steps.sort()
        func quantile(_ share: Double) -> Double { steps[min(steps.count - 1, Int(share * Double(steps.count)))] }
        return Figures(
            median: quantile(0.5), p5: quantile(0.05), p95: quantile(0.95), forward: forward,
            backward: max(0, Self.median(passes) - forward), update: Self.median(updates), prefix: prefix,
            memory: plan.memory(batch: batch), runs: steps.count)
    }

    /// The median of some measurements, the first left out.
    private static func median(
        of count: Int, _ body: () throws(GraftError) -> Double
    ) throws(GraftError) -> Double {
        var times: [Double] = []
        for _ in 0..<count { times.append(try body()) }
        return median(Array(times.dropFirst()))
    }

    private static func median(_ times: [Double]) -> Double { times.sorted()[times.count / 2] }
}
