import CKernels
import Zoo

extension PackedMatrix {
    /// The arguments of a product with this matrix, but for the rows and where they go.
    func product(_ activation: gk_activation) -> gk_gemm {
        var arguments = gk_gemm()
        arguments.panels = panels
        arguments.bias = bias
        arguments.after = after
        arguments.vectors = vectors
        arguments.half = half
        arguments.activation = activation
        return arguments
    }

    /// Has a part of this matrix asked for while another product runs: it is multiplied by soon, and no cache may hold it.
    func ask(part: Int, of parts: Int, in arguments: inout gk_gemm, lanes: Int) {
        let count = depth * vectors * lanes
        let range = part * count / parts..<(part + 1) * count / parts
        arguments.ahead = panels + range.lowerBound
        arguments.ahead_count = range.count
    }

    /// Runs some panels of a product.
    /// - Parameter isOneRow: whether there is one row and nothing is added to it.
    func run(_ arguments: inout gk_gemm, _ panels: Range<Int>, isOneRow: Bool = false, _ memory: StepMemory) {
        let (first, end) = (panels.lowerBound, panels.upperBound)
        switch (isPaired, isOneRow) {
        case (false, false): memory.kernels.pointee.gemm(&arguments, first, end)
        case (false, true): memory.kernels.pointee.gemv(&arguments, first, end)
        case (true, false): memory.pairKernels.pointee.gemm(&arguments, first, end)
        case (true, true): memory.pairKernels.pointee.gemv(&arguments, first, end)
        }
    }
}
