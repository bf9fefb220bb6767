import Zoo

extension Passes {
    /// The affine part of a layer norm that nothing but matrix products read becomes part of their weights and bias.
    static func foldLayerNorms(_ draft: inout Draft) {
        let readers = draft.readers()
        for (index, node) in draft.nodes.enumerated() {
            guard case .layerNorm(let epsilon, let affine?) = node.work, !readers[index].isEmpty else { continue }
            var products: [(Int, ConvolutionWork)] = []
            for reader in readers[index] {
                guard reader < draft.nodes.count, case .convolution(var work) = draft.nodes[reader].work,
                    work.isPointwise, work.isPlain, draft.nodes[reader].inputs == [index]
                else { break }
                fold(affine, into: &work)
                products.append((reader, work))
            }
            guard products.count == readers[index].count else { continue }
            draft.nodes[index].work = .layerNorm(epsilon: epsilon, affine: nil)
            for (reader, work) in products { draft.nodes[reader].work = .convolution(work) }
        }
    }

    private static func fold(_ affine: LayerNormAffine, into work: inout ConvolutionWork) {
        let inputs = work.geometry.inputs
        for output in 0..<work.geometry.outputs {
            var sum = 0.0
            for input in 0..<inputs {
                let weight = Double(work.weight[output * inputs + input])
                sum += weight * Double(affine.bias[input])
                work.weight[output * inputs + input] = Float(weight * Double(affine.weight[input]))
            }
            work.bias[output] += sum * work.scale[output]
        }
    }
}
