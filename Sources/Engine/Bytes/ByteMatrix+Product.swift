import CKernels
import Zoo

extension ByteMatrix {
    /// The arguments of a product with this matrix, but for the rows and where they go.
    func product(
        _ segments: UnsafePointer<UnsafePointer<UInt8>?>?, count: Int, function: ByteFunction?
    ) -> gk_byte_gemm {
        var arguments = gk_byte_gemm()
        arguments.segments = segments
        arguments.segment_count = count
        arguments.panels = panels
        arguments.bias = bias
        arguments.multiplier = multipliers
        arguments.vectors = vectors
        arguments.zero = function.map { Int($0.made.zero) } ?? 0
        arguments.table = function?.table
        return arguments
    }
}

extension gk_byte_gemm {
    /// Sets where rows go, from that pixel on, and what is added to them.
    mutating func write(_ output: Operand, _ residual: Operand?, pixel: Int, isFloat: Bool, _ memory: StepMemory) {
        if isFloat {
            floats = memory[output.value] + pixel * output.stride
            floats_stride = output.stride
        } else {
            out = memory.bytes(output.value) + pixel * output.stride
            out_stride = output.stride
        }
        if let residual {
            self.residual = UnsafePointer(memory.bytes(residual.value) + pixel * residual.stride)
            residual_stride = residual.stride
        }
    }
}
