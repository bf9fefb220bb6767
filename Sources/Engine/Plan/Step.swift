import CKernels

/// A part of a plan's work for one image: tiles that may run in any order and on any thread, after every earlier step.
/// Its result does not depend on how the work is cut into tiles.
protocol Step: Sendable {
    /// The layer's path.
    var name: String { get }
    /// What runs: "pointwise", "depthwise" …
    var kind: String { get }
    /// Multiply-adds for one image.
    var multiplyAdds: Int { get }
    /// Floats that it reads and writes.
    var memoryAccesses: Int { get }
    /// Whether another thread's help would cost more than it saves.
    var isSmall: Bool { get }
    /// How many tiles `threads` threads share; one thread alone wants the fewest.
    func tiles(threads: Int) -> Int
    /// Floats of scratch memory that a thread needs.
    var scratch: Int { get }
    /// The values it reads, and those it writes.
    var reads: [Int] { get }
    var writes: [Int] { get }

    func run(tile: Int, _ memory: StepMemory)
}

/// Where a step finds its values. Every value's size was fixed when the plan was made.
struct StepMemory {
    let kernels: UnsafePointer<gk_table>
    let byteKernels: UnsafePointer<gk_byte_table>
    let pairKernels: UnsafePointer<gk_bf16_table>
    /// One address a value.
    let values: UnsafeMutablePointer<UnsafeMutablePointer<Float>>
    /// This thread's scratch memory.
    let scratch: UnsafeMutablePointer<Float>
    /// How many threads share the tiles.
    let threads: Int

    subscript(value: Int) -> UnsafeMutablePointer<Float> { values[value] }

    /// A value that is kept in bytes.
    func bytes(_ value: Int) -> UnsafeMutablePointer<UInt8> {
        UnsafeMutableRawPointer(values[value]).assumingMemoryBound(to: UInt8.self)
    }

    /// The scratch memory in bytes.
    var byteScratch: UnsafeMutablePointer<UInt8> {
        UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: UInt8.self)
    }
}

/// A value as steps see it: pixels of `shape.channels` channels, `stride` floats apart. It may be cut along the
/// channels into blocks of `stride` channels, each an image of its own: threads that make different channels then write
/// to different places.
struct Operand {
    let value: Int
    let shape: Shape
    let stride: Int
    var blocks = 1

    /// Floats that it takes.
    var count: Int { blocks * blockCount }
    /// Floats of a block.
    var blockCount: Int { shape.pixels * stride }
    /// Channels of the last block.
    var lastChannels: Int { shape.channels - (blocks - 1) * stride }
}

extension Step {
    /// Whether another thread's help would cost more than it saves.
    var isSmall: Bool { multiplyAdds + memoryAccesses < 150_000 }

    /// The part of `0 ..< count` that `part` of `parts` covers.
    func range(_ part: Int, of parts: Int, in count: Int) -> Range<Int> {
        part * count / parts..<(part + 1) * count / parts
    }
}
