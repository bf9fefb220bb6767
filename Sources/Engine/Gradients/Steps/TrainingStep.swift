import CKernels
import Zoo

/// A layer's work on some images, forward and backward. A value is known by the number of the graph's node that makes it.
protocol TrainingStep: Sendable {
    /// The values it reads, and the one it makes.
    var inputs: [Int] { get }
    var output: Int { get }
    /// Whether it is computed again for the backward pass where its result was not kept.
    var isCheap: Bool { get }
    /// Values that its backward pass reads.
    var needs: [Int] { get }
    /// Whether it must see the whole batch at once, on one thread.
    var isWhole: Bool { get }
    /// Floats that a thread needs beside the values.
    var scratch: Int { get }
    /// Floats in which the backward pass adds up what it finds over the images, for `finish`.
    var sums: Int { get }
    /// Whether `backward` can add to an input's gradient that is there already (`Pass.adds`).
    var canAdd: Bool { get }

    /// Takes new values of the parameters over, but for matrices.
    func prepare(_ values: [[Float]])
    /// What it multiplies by, that way.
    func matrix(_ direction: Direction) -> PackedWeights?
    /// Packs some panels of that matrix; all of them at once if it `packsWhole`.
    func pack(_ values: [[Float]], _ direction: Direction, _ panels: Range<Int>)
    var packsWhole: Bool { get }
    func forward(_ pass: Pass)
    func backward(_ pass: Pass)
    /// Adds the sums of some images to those of the images before them.
    func add(_ part: UnsafeMutablePointer<Float>, to sums: UnsafeMutablePointer<Float>)
    /// Makes the parameters' gradients from the sums, one a block, in order.
    func finish(_ chunks: ChunkSums, _ gradients: inout [[Float]])
}

extension TrainingStep {
    var isCheap: Bool { false }
    var needs: [Int] { [] }
    var isWhole: Bool { false }
    var scratch: Int { 0 }
    var sums: Int { 0 }
    var canAdd: Bool { false }
    func prepare(_ values: [[Float]]) {}
    func matrix(_ direction: Direction) -> PackedWeights? { nil }
    func pack(_ values: [[Float]], _ direction: Direction, _ panels: Range<Int>) {}
    var packsWhole: Bool { false }
    func finish(_ chunks: ChunkSums, _ gradients: inout [[Float]]) {}

    /// Most sums are doubles.
    func add(_ part: UnsafeMutablePointer<Float>, to total: UnsafeMutablePointer<Float>) {
        Self.addDoubles(part, to: total, count: sums / 2)
    }

    /// Of `count` doubles each.
    static func addDoubles(_ part: UnsafeMutablePointer<Float>, to total: UnsafeMutablePointer<Float>, count: Int) {
        let part = UnsafeMutableRawPointer(part).assumingMemoryBound(to: Double.self)
        let total = UnsafeMutableRawPointer(total).assumingMemoryBound(to: Double.self)
        for index in 0..<count { total[index] += part[index] }
    }
}

/// A layer that looks at the whole batch between its input and its output, both ways: the input must be complete before
/// `forward`, the output's gradient before `spread`.
protocol BatchStep: TrainingStep {
    /// Floats of what `collect` adds up.
    var collected: Int { get }
    /// After the input was made.
    func collect(_ pass: Pass)
    /// Adds what was collected of some images to what was of the images before them.
    func addCollected(_ part: UnsafePointer<Double>, to total: UnsafeMutablePointer<Double>)
    /// Between `collect` of all images and `forward`.
    /// - Parameter count: values a channel.
    func finishCollecting(_ chunks: ChunkSums, count: Int) -> ChannelStatistics
    /// After `backward` and `finish` of all images: the input's gradient.
    func spread(_ pass: Pass)
}

/// The images that a step works on, and where their values are.
struct Pass {
    let kernels: UnsafePointer<gk_table>
    /// Numbers in the batch.
    var images: Range<Int>
    let occasion: Occasion
    /// The first pixel of the first image, by node.
    let values: UnsafeMutablePointer<UnsafeMutablePointer<Float>>
    let gradients: UnsafeMutablePointer<UnsafeMutablePointer<Float>>
    let scratch: UnsafeMutablePointer<Float>
    /// The chunk's sums of the running step.
    var sums: UnsafeMutablePointer<Float>
    /// Whether these images are the chunk's first: `sums` holds nothing yet.
    var isFirst = true
    /// Whether the input's gradient is to be added to.
    var adds = false

    var count: Int { images.count }

    /// The step's sums as doubles, zeros at the chunk's start.
    func doubles(_ count: Int, at offset: Int = 0) -> UnsafeMutablePointer<Double> {
        let pointer = UnsafeMutableRawPointer(sums + offset).assumingMemoryBound(to: Double.self)
        if isFirst { pointer.update(repeating: 0, count: count) }
        return pointer
    }
}
