import CKernels
import Zoo

/// A linear layer forward and backward: `y = x w^T + b` with `x [N, in]`, `w [out, in]`.
enum LinearTraining {
    static func forward(
        _ input: [Float], weight: [Float], bias: [Float]?, batch: Int, _ layer: Linear
    ) -> [Float] {
        check(input.count == batch * layer.inputs, weight.count == layer.inputs * layer.outputs)
        check(bias.map { $0.count == layer.outputs } ?? true)
        return [Float](unsafeUninitializedCapacity: batch * layer.outputs) { output, count in
            graft_train_linear(
                input, weight, bias, output.baseAddress, Int64(batch), Int64(layer.inputs), Int64(layer.outputs))
            count = batch * layer.outputs
        }
    }

    /// `dw[o, i] = sum_n g[n, o] * x[n, i]`
    static func weightGradient(_ gradient: [Float], input: [Float], batch: Int, _ layer: Linear) -> [Float] {
        check(gradient.count == batch * layer.outputs, input.count == batch * layer.inputs)
        return [Float](unsafeUninitializedCapacity: layer.outputs * layer.inputs) { result, count in
            graft_train_product(
                gradient, Int64(layer.outputs), 1, input, result.baseAddress, Int64(layer.outputs), Int64(batch),
                Int64(layer.inputs))
            count = layer.outputs * layer.inputs
        }
    }

    /// `dx[n, i] = sum_o g[n, o] * w[o, i]`
    static func inputGradient(_ gradient: [Float], weight: [Float], batch: Int, _ layer: Linear) -> [Float] {
        check(gradient.count == batch * layer.outputs, weight.count == layer.outputs * layer.inputs)
        return [Float](unsafeUninitializedCapacity: batch * layer.inputs) { result, count in
            graft_train_product(
                gradient, 1, Int64(layer.outputs), weight, result.baseAddress, Int64(batch), Int64(layer.outputs),
                Int64(layer.inputs))
            count = batch * layer.inputs
        }
    }

    /// The kernels trust their sizes; the plan has checked the shapes that they follow from.
    private static func check(_ conditions: Bool...) {
        precondition(conditions.allSatisfy { $0 }, "sizes that the plan has checked")
    }
}
