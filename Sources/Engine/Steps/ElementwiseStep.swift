import CKernels
import Zoo

/// A function of one or two values, pixel by pixel, with an activation.
struct ElementwiseStep: Step, @unchecked Sendable {
    enum Function {
        case add, multiply, activate
        /// `x * scale + shift` per channel.
        case affine(scale: UnsafePointer<Float>, shift: UnsafePointer<Float>)
    }

    let name: String
    let function: Function
    let input: Operand
    let second: Operand?
    let output: Operand
    let activation: gk_activation
    let lanes: Int

    var kind: String { "elementwise" }
    var multiplyAdds: Int { 0 }
    func tiles(threads: Int) -> Int { threads == 1 ? 1 : max(1, min(8, output.count / 4096)) }
    var scratch: Int { 0 }
    var memoryAccesses: Int { input.count + output.count }
    var reads: [Int] { [input.value] + (second.map { [$0.value] } ?? []) }
    var writes: [Int] { [output.value] }

    func run(tile: Int, _ memory: StepMemory) {
        let pixels = range(tile, of: tiles(threads: memory.threads), in: output.shape.pixels)
        var arguments = gk_binary()
        arguments.a = UnsafePointer(memory[input.value] + pixels.lowerBound * input.stride)
        arguments.a_stride = input.stride
        if let second {
            // One value a channel serves every pixel.
            let step = second.shape.pixels == output.shape.pixels ? second.stride : 0
            arguments.b = UnsafePointer(memory[second.value] + pixels.lowerBound * step)
            arguments.b_stride = step
        } else {
            arguments.b = arguments.a
            arguments.b_stride = arguments.a_stride
        }
        arguments.out = memory[output.value] + pixels.lowerBound * output.stride
        arguments.out_stride = output.stride
        arguments.pixels = pixels.count
        arguments.vectors = output.stride / lanes
        arguments.activation = activation
        switch function {
        case .add: memory.kernels.pointee.add(&arguments)
        case .multiply: memory.kernels.pointee.multiply(&arguments)
        case .activate: memory.kernels.pointee.activate(&arguments)
        case .affine(let scale, let shift):
            arguments.b = scale
            arguments.b_stride = 0
            memory.kernels.pointee.affine(&arguments, shift)
        }
    }
}
