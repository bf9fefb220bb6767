/// The stretches of a training step, forward and backward, and where everything lies meanwhile.
struct StepOrder: Sendable {
    private(set) var forward: [Stretch] = []
    private(set) var backward: [Stretch] = []
    private(set) var tensors: [StoredTensor] = []
    /// Floats that an image takes for the whole of a step.
    private(set) var keptSize = 0
    /// The tensors of the last value and its gradient, and of the input's gradient if it is wanted.
    private(set) var output = 0
    private(set) var outputGradient = 0
    private(set) var inputGradient: Int?

    private let steps: [any TrainingStep]
    private let program: TrainingProgram
    private let needsGradient: [Bool]
    private let enoughSums: Int
    /// By step.
    private var stretchOf: [Int] = []
    /// The step that makes a value, by node.
    private var makers: [Int: Int] = [:]
    private var isKept: [Bool] = []
    private var valueTensors: [Int: Int] = [:]
    private var gradientTensors: [Int: Int] = [:]

    /// - Parameter enoughSums: floats that a stretch adds up before it may end.
    init(_ program: TrainingProgram, needsGradient: [Bool], enoughSums: Int) {
        self.program = program
        self.enoughSums = enoughSums
        self.needsGradient = needsGradient
        steps = program.steps
        for (index, step) in steps.enumerated() { makers[step.output] = index }
        cut()
        findKept()
        orderForward()
        orderBackward()
        place()
    }

    /// A step that needs the whole batch's statistics starts a stretch, unless they are complete. So does one before which there is
    /// enough to add up, which takes memory in every block of a batch for as long as a stretch lasts: where a single value goes from
    /// the steps before it to it and those after it, and where there is much, also where no more than one goes that is not kept
    /// anyway.
    private mutating func cut() {
        var stretch = 0, sums = 0
        var wasWhole = false
        for (index, step) in steps.enumerated() {
            let waits = step is any BatchStep && makers[step.inputs[0]].map { stretchOf[$0] == stretch } ?? false
            let isFull = sums >= enoughSums && isNarrow(index, allowing: sums >= 2 * enoughSums ? 2 : 1)
            if index > 0, waits || isFull || step.isWhole != wasWhole {
                stretch += 1
                sums = 0
            }
            if needsGradient[step.output] { sums += step.sums }
            wasWhole = step.isWhole
            stretchOf.append(stretch)
        }
    }

    /// Whether few values are made before a step and read by it or later.
    private func isNarrow(_ index: Int, allowing most: Int) -> Bool {
        let crossing = Set(steps[index...].flatMap(\.inputs)).filter { (makers[$0] ?? index) < index }
        return crossing.count == 1 || crossing.count <= most && crossing.contains { isNeeded($0) }
    }

    /// Whether a value is kept however the steps are cut.
    private func isNeeded(_ value: Int) -> Bool {
        guard let maker = makers[value], !steps[maker].isCheap else { return false }
        return steps.contains { needsGradient[$0.output] && $0.needs.contains(value) }
    }

    /// What is used in another stretch than its own is kept, and so is what the backward pass needs and would be dear to
    /// compute again.
    private mutating func findKept() {
        isKept = [Bool](repeating: false, count: program.layouts.count)
        isKept[program.layouts.count - 1] = true
        for (index, step) in steps.enumerated() {
            for input in step.inputs where stretchOf[makers[input] ?? 0] != stretchOf[index] { isKept[input] = true }
            guard needsGradient[step.output] else { continue }
            for value in step.needs where !steps[makers[value] ?? 0].isCheap { isKept[value] = true }
        }
    }

    private mutating func tensor(_ layout: Layout) -> Int {
        tensors.append(StoredTensor(layout: layout))
        return tensors.count - 1
    }

    private mutating func orderForward() {
        forward = (0...(stretchOf.last ?? 0)).map { _ in Stretch() }
        for (index, step) in steps.enumerated() {
            let stretch = stretchOf[index]
            forward[stretch].isWhole = step.isWhole
            let made = tensor(program.layouts[step.output])
            valueTensors[step.output] = made
            var action = Action(kind: .forward, step: index)
            action.values = (step.inputs + [step.output]).compactMap { node in
                valueTensors[node].map { (node, $0) }
            }
            action.cleared = [made]
            forward[stretch].actions.append(action)
            for (later, batchStep) in steps.enumerated() where batchStep.inputs.contains(step.output) {
                guard let batchStep = batchStep as? any BatchStep else { continue }
                var action = Action(kind: .collect, step: later)
                action.values = [(step.output, made)]
                action.sums = forward[stretch].sums
                forward[stretch].sums += (batchStep.collected + 15) / 16 * 16
                forward[stretch].actions.append(action)
            }
        }
        let last = program.layouts.count - 1
        output = valueTensors[last] ?? 0
        outputGradient = tensor(program.gradientLayouts[last])
        gradientTensors[last] = outputGradient
    }

    private mutating func orderBackward() {
        for stretch in forward.indices.reversed() {
            var builder = Stretch()
            builder.isWhole = forward[stretch].isWhole
            var local = valueTensors.filter { isKept[$0.key] }
            let members = steps.indices.filter { stretchOf[$0] == stretch }
            for index in recomputed(members) {
                let step = steps[index]
                let made = tensor(program.layouts[step.output])
                local[step.output] = made
                var action = Action(kind: .forward, step: index)
                action.values = (step.inputs + [step.output]).compactMap { node in local[node].map { (node, $0) } }
                action.cleared = [made]
                builder.actions.append(action)
            }
            for index in members.reversed() {
                let output = steps[index].output
                for (later, step) in steps.enumerated() where step is any BatchStep && step.inputs.contains(output) {
                    if needsGradient[output] { contribute(.spread, later, local, &builder) }
                }
                if needsGradient[output] { contribute(.backward, index, local, &builder) }
            }
            if !builder.actions.isEmpty { backward.append(builder) }
        }
        inputGradient = needsGradient[0] ? gradientTensors[0] : nil
    }

    /// The cheap steps of a stretch whose results its backward steps read, in order.
    private func recomputed(_ members: [Int]) -> [Int] {
        var wanted: Set<Int> = []
        var open = members.filter { needsGradient[steps[$0].output] }.flatMap { steps[$0].needs }
        for step in steps where step is any BatchStep {
            if members.contains(makers[step.inputs[0]] ?? -1), needsGradient[step.inputs[0]] { open += step.inputs }
        }
        while let value = open.popLast() {
            guard !isKept[value], let maker = makers[value], wanted.insert(maker).inserted else { continue }
            open += steps[maker].inputs
        }
        return wanted.sorted()
    }

    private mutating func contribute(
        _ kind: Action.Kind, _ index: Int, _ local: [Int: Int], _ stretch: inout Stretch
    ) {
        let step = steps[index]
        guard let own = gradientTensors[step.output] else { return }
        var action = Action(kind: kind, step: index)
        action.values = step.needs.compactMap { node in local[node].map { (node, $0) } }
        action.gradients = [(step.output, own)]
        // A batch step's backward pass works on its output's gradient alone.
        let writesInputs = kind == .spread || !(step is any BatchStep)
        if writesInputs {
            for input in Set(step.inputs).sorted() where needsGradient[input] {
                if let there = gradientTensors[input] {
                    if step.canAdd {
                        action.adds = true
                        action.gradients.append((input, there))
                    } else {
                        let addend = tensor(program.gradientLayouts[input])
                        action.gradients.append((input, addend))
                        action.cleared.append(addend)
                        action.addends.append((addend, there))
                    }
                } else {
                    let made = tensor(program.gradientLayouts[input])
                    gradientTensors[input] = made
                    action.gradients.append((input, made))
                    action.cleared.append(made)
                }
            }
        }
        if kind == .backward {
            action.sums = stretch.sums
            stretch.sums += (step.sums + 15) / 16 * 16
        }
        stretch.actions.append(action)
    }

    /// Gives every tensor its place, for as long as it is used.
    private mutating func place() {
        let stretches = forward + backward
        var first = [Int](repeating: Int.max, count: tensors.count), last = [Int](repeating: -1, count: tensors.count)
        func use(_ tensor: Int, _ stretch: Int) {
            first[tensor] = min(first[tensor], stretch)
            last[tensor] = max(last[tensor], stretch)
        }
        for (number, stretch) in stretches.enumerated() {
            for tensor in stretch.actions.flatMap(\.tensors) { use(tensor, number) }
        }
        // The caller reads and writes these between stretches.
        use(output, forward.count)
        use(outputGradient, forward.count - 1)
        if let inputGradient { use(inputGradient, stretches.count) }
        for tensor in tensors.indices { tensors[tensor].isKept = last[tensor] > first[tensor] }
        let kept = MemoryPlan(
            tensors.indices.map { tensor in
                tensors[tensor].isKept
                    ? MemoryPlan.Life(size: tensors[tensor].layout.count, born: first[tensor], dies: last[tensor]) : nil
            })
        keptSize = kept.size
        for (tensor, offset) in kept.offsets.enumerated() { tensors[tensor].offset = offset ?? 0 }
        for number in forward.indices { forward[number].threadSize = placeTemporaries(of: forward[number]) }
        for number in backward.indices { backward[number].threadSize = placeTemporaries(of: backward[number]) }
    }

    /// - Returns: floats for one image.
    private mutating func placeTemporaries(of stretch: Stretch) -> Int {
        var lives = [MemoryPlan.Life?](repeating: nil, count: tensors.count)
        for (place, action) in stretch.actions.enumerated() {
            for tensor in action.tensors where !tensors[tensor].isKept {
                let size = tensors[tensor].layout.count
                lives[tensor] = MemoryPlan.Life(
                    size: size, born: lives[tensor]?.born ?? place, dies: place)
            }
        }
        let plan = MemoryPlan(lives)
        for (tensor, offset) in plan.offsets.enumerated() {
            if let offset { tensors[tensor].offset = offset }
        }
        return plan.size
    }
}
