import CKernels

/// Scales an image's channels where it stands, before a matrix product whose tiles all read the whole of it.
struct ScaleStep: Step {
    let name: String
    let image: Operand
    /// One factor a channel.
    let gate: Operand
    let lanes: Int

    /// Up to this many pixels; larger images are cut by rows, and each tile scales its own on the way.
    static let mostPixels = 64

    var kind: String { "scale" }
    var multiplyAdds: Int { 0 }
    // The same part of the channels for a thread as in the depthwise convolution that made them.
    func tiles(threads: Int) -> Int { threads == 1 ? 1 : min(image.blocks, 2 * threads) }
    var scratch: Int { 0 }
    var memoryAccesses: Int { 2 * image.count }
    // Half of it is in another thread's cache.
    var isSmall: Bool { false }
    var reads: [Int] { [image.value, gate.value] }
    var writes: [Int] { [image.value] }

    func run(tile: Int, _ memory: StepMemory) {
        for block in range(tile, of: tiles(threads: memory.threads), in: image.blocks) {
            let pixels = memory[image.value] + block * image.blockCount
            var arguments = gk_binary()
            arguments.a = UnsafePointer(pixels)
            arguments.a_stride = image.stride
            arguments.b = UnsafePointer(memory[gate.value] + block * image.stride)
            arguments.out = pixels
            arguments.out_stride = image.stride
            arguments.pixels = image.shape.pixels
            arguments.vectors = min(image.stride, gate.stride - block * image.stride) / lanes
            memory.kernels.pointee.multiply(&arguments)
        }
    }
}
