import CKernels
import Synchronization
import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The memory and the machinery of a plan: one pass at a time.
final class TrainingSession: @unchecked Sendable {
    private let program: TrainingProgram
    private let order: StepOrder
    private let packing: PackingOrder
    private let kernels: KernelSet
    private let threads: Int
    private let names: [String]
    private var kept = FloatBuffer(uninitialized: 0)
    private var local = FloatBuffer(uninitialized: 0)
    private var sums = FloatBuffer(uninitialized: 0)
    private var packed = FloatBuffer(uninitialized: 0)
    private let scratchSize: Int
    /// Which forward pass the memory holds; 0 for none.
    private(set) var pass = 0
    private var occasion = Occasion(epoch: 0, samples: [])
    /// Images of the last pass.
    var batch: Int { occasion.samples.count }
    private var prepared: Set<Int> = []
    private let isTrainedStep: [Bool]
    /// Whom batches are shared with.
    private let ranks: (any Ranks)?
    /// Which images of the last batch are whose.
    private var shares: RankShares?
    /// The tensors that hold this rank's images only.
    private var partial: Set<Int> = []

    init(
        _ graph: Graph, _ facts: TrainingFacts, _ kernels: KernelSet, threads: Int, ranks: (any Ranks)?,
        parametersAtOnce: Int
    ) {
        self.ranks = ranks
        program = TrainingProgram(graph, facts, kernels)
        order = StepOrder(program, needsGradient: facts.needsGradient, enoughSums: parametersAtOnce)
        packing = PackingOrder(order, program.steps, enough: parametersAtOnce)
        self.kernels = kernels
        self.threads = threads
        names = graph.nodes.map(\.name)
        scratchSize = ((program.steps.map(\.scratch).max() ?? 0) + 15) / 16 * 16
        isTrainedStep = program.steps.map { step in
            facts.trainsParameters(of: step.output, in: graph)
        }
    }

    /// What the batch norms saw, by step's output node.
    typealias Statistics = [(node: Int, statistics: ChannelStatistics)]

    /// - Returns: `[N, ...]` without padding, and the statistics of each batch norm in training.
    func forward(_ input: [Float], values: [[Float]], occasion: Occasion) throws(GraftError) -> ([Float], Statistics) {
        let batch = occasion.samples.count
        try reserve(batch)
        self.occasion = occasion
        share(batch)
        prepare(values)
        var found: Statistics = []
        input.withUnsafeBufferPointer { input in
            program.input.source.images = input.baseAddress
            for (number, stretch) in order.forward.enumerated() {
                packing.pack(before: number, values, in: packed.pointer, threads: threads)
                let chunks = run(stretch, batch)
                for action in stretch.actions where action.kind == .collect {
                    guard let step = program.steps[action.step] as? any BatchStep else { continue }
                    let count = batch * program.layouts[step.inputs[0]].pixels
                    found.append(
                        (step.output, step.finishCollecting(chunks.moved(by: action.sums), count: count)))
                }
            }
            program.input.source.images = nil
        }
        pass = Self.passes.add(1, ordering: .relaxed).newValue
        complete([order.output], batch)
        let tensor = order.tensors[order.output]
        return (tensor.layout.array(address(tensor, batch), images: batch), found)
    }

    private static let passes = Atomic<Int>(0)

    /// - Parameter values: as the forward pass had them.
    /// - Returns: the input's gradient if it is wanted.
    func backward(_ gradient: [Float], values: [[Float]], into gradients: inout [[Float]]) -> [Float]? {
        let batch = occasion.samples.count
        let output = order.tensors[order.outputGradient]
        output.layout.clearMargins(address(output, batch), images: batch)
        output.layout.write(gradient, to: address(output, batch), images: batch)
        partial.remove(order.outputGradient)
        for (number, stretch) in order.backward.enumerated() {
            packing.pack(before: order.forward.count + number, values, in: packed.pointer, threads: threads)
            let chunks = run(stretch, batch)
            for action in stretch.actions where action.kind == .backward {
                program.steps[action.step].finish(chunks.moved(by: action.sums), &gradients)
            }
        }
        pass = 0
        guard let input = order.inputGradient else { return nil }
        complete([input], batch)
        let tensor = order.tensors[input]
        return tensor.layout.array(address(tensor, batch), images: batch)
    }

    /// Whether the input is read by a layer that looks at the whole batch at once.
    var readsWholeBatch: Bool { order.forward.first?.isWhole ?? true }

    /// Divides a batch among the ranks.
    private func share(_ batch: Int) {
        partial = []
        if let ranks { shares = RankShares(batch: batch, ranks: ranks.count) }
    }

    /// Gets the images of other ranks, of those tensors that lack them.
    private func complete(_ tensors: Set<Int>, _ batch: Int) {
        guard let ranks, let shares else { return }
        for index in tensors.intersection(partial).sorted() {
            let tensor = order.tensors[index], size = tensor.layout.count * MemoryLayout<Float>.stride
            ranks.gather(
                UnsafeMutableRawBufferPointer(start: kept.pointer + tensor.offset * batch, count: batch * size),
                parts: shares.images.map { $0.lowerBound * size..<$0.upperBound * size })
        }
        partial.subtract(tensors)
    }

    /// Bytes for a batch.
    func memory(for batch: Int) -> Int {
        let floats = order.keptSize * batch + threads * localSize(batch) + sumsSize(batch) + packing.size
        return floats * MemoryLayout<Float>.stride
    }

    /// Memory for the batch, if what there is is too small.
    private func reserve(_ batch: Int) throws(GraftError) {
        let needed = memory(for: batch), available = ProcessInfo.processInfo.physicalMemory
        guard UInt64(needed) <= available else {
            throw GraftError(
                .tooLarge, "training on so many images at a time takes more memory than there is",
                expected: "at most \(available >> 20) MB", found: "\(needed >> 20) MB for \(batch) images",
                remedy: "use a smaller train.batch_size")
        }
        func grow(_ buffer: inout FloatBuffer, _ count: Int) {
            guard buffer.count < count else { return }
            buffer = FloatBuffer(uninitialized: 0)
            buffer = FloatBuffer(uninitialized: count)
        }
        grow(&kept, order.keptSize * batch)
        grow(&sums, sumsSize(batch))
        grow(&local, threads * localSize(batch))
        grow(&packed, packing.size)
    }

    /// Floats of each thread.
    private func localSize(_ batch: Int) -> Int {
        let stretches = order.forward + order.backward
        let most = stretches.map { $0.threadSize * $0.group(of: $0.cut(of: batch).largest) }
        return (most.max() ?? 0) + scratchSize
    }

    /// Floats of the sums: of every block, and where chunks are added to blocks, of what each thread is at. That is enough too for a
    /// rank that has some chunks of one block, and for the sum of all beside them.
    private func sumsSize(_ batch: Int) -> Int {
        let stretches = order.forward + order.backward
        let sizes = stretches.map { stretch in
            let cut = stretch.cut(of: batch)
            return stretch.sums * (cut.blocks + (cut.chunks > 1 ? threads : 0))
        }
        return sizes.max() ?? 0
    }

    /// Hands the weights that may have changed to their steps, on all threads.
    private func prepare(_ values: [[Float]]) {
        let steps = program.steps.indices.filter { isTrainedStep[$0] || !prepared.contains($0) }
        let next = Atomic<Int>(0)
        ThreadPool.shared.run(threads: threads) { _ in
            while case let index = next.add(1, ordering: .relaxed).oldValue, index < steps.count {
                program.steps[steps[index]].prepare(values)
            }
        }
        prepared.formUnion(steps)
    }

    private func address(_ tensor: StoredTensor, _ batch: Int) -> UnsafeMutablePointer<Float> {
        kept.pointer + tensor.offset * batch + tensor.layout.origin
    }

    /// Takes a batch through a stretch.
    /// - Returns: what the blocks have come to, in order.
    private func run(_ stretch: Stretch, _ batch: Int) -> ChunkSums {
        let cut = stretch.cut(of: batch)
        var own = 0..<cut.count
        var shared: ChunkSums.Shared?
        if let ranks, let shares {
            if stretch.isWhole {
                complete(stretch.touched, batch)
            } else {
                own = cut.chunks(in: shares.images[ranks.rank])
                shared = ChunkSums.Shared(ranks: ranks, blocks: shares.blocks)
                partial.formUnion(stretch.written.filter { order.tensors[$0].isKept })
            }
        }
        // What other ranks add to is not added up here.
        let addsUp = shared?.blocks == nil
        let parts = addsUp ? own.count / cut.chunks : own.count
        let chunksOfPart = addsUp ? cut.chunks : 1
        let begins = addsUp ? own.lowerBound == 0 : own.lowerBound % cut.chunks == 0
        func place(_ index: Int) -> UnsafeMutablePointer<Float> { sums.pointer + index * stretch.sums }
        let first = begins ? 0 : 1
        let found = ChunkSums(
            total: place(0), parts: (0..<parts).map { place(first + $0) }, threads: threads, shared: shared)
        let takesTurns = chunksOfPart > 1 && stretch.sums > 0
        let turns = Turns(takesTurns ? parts : 0)
        let next = Atomic<Int>(0)
        let size = localSize(batch)
        let workers = min(threads, own.count)
        ThreadPool.shared.run(threads: workers) { thread in
            let nodes = program.layouts.count
            let start = local.pointer + thread * size
            let spare = place(first + parts + thread)
            withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<Float>.self, capacity: 2 * nodes) { places in
                places.initialize(repeating: start)
                guard let values = places.baseAddress else { return }
                // The first chunks of all parts, then the second ones, so that nobody waits long for a turn.
                while ThreadPool.shared.keeps(thread, of: workers),
                    case let index = next.add(1, ordering: .relaxed).oldValue, index < own.count
                {
                    let part = index % parts, turn = index / parts
                    let images = cut.images(own.lowerBound + part * chunksOfPart + turn)
                    let own = turn == 0 ? found.parts[part] : spare
                    let pass = Pass(
                        kernels: kernels.table, images: images, occasion: occasion, values: values,
                        gradients: values + nodes, scratch: start + size - scratchSize, sums: own)
                    run(stretch, images, pass, batch, local: start)
                    guard takesTurns else { continue }
                    turns.take(turn, of: part) {
                        if turn > 0 { add(spare, to: found.parts[part], stretch) }
                    }
                }
            }
        }
        return found
    }

    /// Adds what a chunk has found to what those before it have.
    private func add(
        _ part: UnsafeMutablePointer<Float>, to total: UnsafeMutablePointer<Float>, _ stretch: Stretch
    ) {
        for action in stretch.actions {
            let step = program.steps[action.step]
            switch action.kind {
            case .backward: step.add(part + action.sums, to: total + action.sums)
            case .collect:
                (step as? any BatchStep)?.addCollected(
                    UnsafeRawPointer(part + action.sums).assumingMemoryBound(to: Double.self),
                    to: UnsafeMutableRawPointer(total + action.sums).assumingMemoryBound(to: Double.self))
            case .forward, .spread: break
            }
        }
    }

    /// Takes a chunk's images through a stretch, some at a time.
    private func run(
        _ stretch: Stretch, _ images: Range<Int>, _ whole: Pass, _ batch: Int, local: UnsafeMutablePointer<Float>
    ) {
        let group = stretch.group(of: images.count)
        for first in stride(from: images.lowerBound, to: images.upperBound, by: group) {
            var pass = whole
            pass.images = first..<min(images.upperBound, first + group)
            pass.isFirst = first == images.lowerBound
            func place(_ index: Int) -> UnsafeMutablePointer<Float> {
                let tensor = order.tensors[index]
                let base =
                    tensor.isKept
                    ? kept.pointer + tensor.offset * batch + first * tensor.layout.count
                    : local + tensor.offset * group
                return base + tensor.layout.origin
            }
            for action in stretch.actions {
                for (node, tensor) in action.values { pass.values[node] = place(tensor) }
                for (node, tensor) in action.gradients { pass.gradients[node] = place(tensor) }
                for tensor in action.cleared {
                    order.tensors[tensor].layout.clearMargins(place(tensor), images: pass.count)
                }
                pass.sums = whole.sums + action.sums
                pass.adds = action.adds
                perform(action, pass)
                for (tensor, target) in action.addends {
                    add(place(tensor), to: place(target), order.tensors[tensor].layout, images: pass.count)
                }
            }
        }
    }

    private func perform(_ action: Action, _ pass: Pass) {
        let step = program.steps[action.step]
        switch action.kind {
        case .forward: step.forward(pass)
        case .backward: step.backward(pass)
        case .collect: (step as? any BatchStep)?.collect(pass)
        case .spread: (step as? any BatchStep)?.spread(pass)
        }
    }

    /// Both have margins of zeros.
    private func add(
        _ values: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>, _ layout: Layout, images: Int
    ) {
        graft_train_add(target - layout.origin, values - layout.origin, Int64(images * layout.count))
    }

    /// The first layer whose statistics are not numbers.
    func firstNonFinite(_ statistics: Statistics) -> String? {
        statistics.sorted { $0.node < $1.node }.first { !$0.statistics.isFinite }.map { names[$0.node] }
    }
}

extension TrainingFacts {
    /// Whether a parameter moves of the node that makes a value, or of the batch norm before it.
    fileprivate func trainsParameters(of node: Int, in graph: Graph) -> Bool {
        func trains(_ node: Int) -> Bool {
            let first = firstParameter[node]
            return isTrained[first..<first + graph.nodes[node].parameters.count].contains(true)
        }
        return trains(node) || graph.nodes[node].inputs.contains(where: trains)
    }
}
