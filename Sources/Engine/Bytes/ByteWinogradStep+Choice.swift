import CKernels
import Zoo

extension ByteWinogradStep {
    /// Whether the layer's sums come out exact, and the products that are saved pay for the transforms and the larger weights.
    static func pays(_ convolution: ConvolutionWork, output: Shape, kernels: ByteKernels) -> Bool {
        let geometry = convolution.geometry
        guard kernels.table.pointee.winograd_products != nil, geometry.kernel == 3, geometry.stride == 1,
            geometry.dilation == 1, geometry.groups == 1
        else { return false }
        let vectors = kernels.vectors(geometry.outputs), inputs = geometry.inputs
        let tiles = (output.height + 3) / 4 * ((output.width + 3) / 4)
        // In instructions on vectors.
        let direct = output.pixels * 9 * ((inputs + 3) / 4) * vectors
        let products = tiles * 36 * ((inputs + 1) / 2) * vectors
        let transforms = tiles * (250 * vectors + 250 * ((inputs + 2 * kernels.lanes - 1) / (2 * kernels.lanes)))
        // A vector of weights that lies beyond the second-level cache takes as long as some products.
        let weightCount = 36 * ((inputs + 1) / 2) * vectors
        let reading = weightCount * 8
        return products + transforms + reading < direct && isExact(convolution)
    }

    /// Whether every sum lies within -2^25 ..< 2^25, whatever the input is.
    static func isExact(_ convolution: ConvolutionWork) -> Bool {
        let depth = convolution.geometry.inputs * 9
        // No channel can do it.
        if depth * 127 * 255 < 1 << 25 { return true }
        return convolution.weight.withUnsafeBufferPointer { weights in
            (0..<convolution.geometry.outputs).allSatisfy { output in
                let filter = UnsafeBufferPointer(rebasing: weights[output * depth..<(output + 1) * depth])
                var sums = SIMD16<Float>(), most = SIMD16<Float>()
                let whole = depth / 16 * 16
                for start in Swift.stride(from: 0, to: whole, by: 16) {
                    var values = SIMD16<Float>()
                    for lane in 0..<16 { values[lane] = filter[start + lane].magnitude }
                    sums += values
                    most = pointwiseMax(most, values)
                }
                var sum = sums.sum(), largest = most.max()
                for index in whole..<depth {
                    sum += filter[index].magnitude
                    largest = max(largest, filter[index].magnitude)
                }
                if largest == 0 { return true }
                // Each weight is rounded to a 127th of the largest, or to something coarser: by half of it at the most.
                let units = Double(sum) / Double(largest) * 127 * 1.001 + Double(depth) / 2
                return units * 255 < 0x1p25
            }
        }
    }
}
