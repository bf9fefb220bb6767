import Zoo

extension Passes {
    /// A sum of depthwise convolutions of one input, or of one and the input itself, is one convolution: a filter of one pixel
    /// and the input are taps in the middle of the other's kernel. Batch norms are folded before and behind it, in turn, as
    /// long as something merges.
    static func mergeBranches(_ draft: inout Draft) {
        while mergeOnce(&draft) { foldBatchNorm(&draft) }
    }

    private static func mergeOnce(_ draft: inout Draft) -> Bool {
        let readers = draft.readers()
        for (index, node) in draft.nodes.enumerated() where !readers[index].isEmpty {
            guard case .add(nil) = node.work, node.inputs.count == 2 else { continue }
            for (main, other) in [(node.inputs[0], node.inputs[1]), (node.inputs[1], node.inputs[0])] {
                guard readers[main] == [index], case .convolution(var work) = draft.nodes[main].work, work.keepsPlaces,
                    let source = draft.nodes[main].inputs.first,
                    let tap = tap(other, of: source, readers[other] == [index], draft)
                else { continue }
                work.add(tap)
                draft.nodes[index].work = .convolution(work)
                draft.nodes[index].inputs = [source]
                draft.nodes[index].name = draft.nodes[main].name
                return true
            }
        }
        return false
    }

    /// What a filter of one pixel over `source`, or `source` itself, multiplies and adds by channel.
    private static func tap(
        _ index: Int, of source: Int, _ isOwn: Bool, _ draft: Draft
    ) -> (factors: [Double], bias: [Double])? {
        if index == source {
            let channels = draft.nodes[source].shape.channels
            return ([Double](repeating: 1, count: channels), [Double](repeating: 0, count: channels))
        }
        guard isOwn, draft.nodes[index].inputs == [source], case .convolution(let work) = draft.nodes[index].work,
            work.keepsPlaces, work.geometry.kernel == 1
        else { return nil }
        return (zip(work.weight, work.scale).map { Double($0) * $1 }, work.bias)
    }
}

extension ConvolutionWork {
    /// A depthwise filter whose middle tap reads the output's own pixel, with nothing behind it.
    fileprivate var keepsPlaces: Bool {
        let kernel = geometry.kernel
        guard geometry.isDepthwise, isPlain, activation == nil, geometry.stride == 1, geometry.dilation == 1,
            kernel.height % 2 == 1, kernel.width % 2 == 1
        else { return false }
        switch geometry.padding {
        case .symmetric(let margin):
            return margin == Extent(height: kernel.height / 2, width: kernel.width / 2)
        case .roundingUp, .same: return false
        }
    }

    /// Adds to the middle tap and the bias. The scale becomes part of the weights.
    fileprivate mutating func add(_ tap: (factors: [Double], bias: [Double])) {
        let taps = geometry.kernel.height * geometry.kernel.width
        var merged = weight.enumerated().map { Double($1) * scale[$0 / taps] }
        for channel in tap.factors.indices {
            merged[channel * taps + taps / 2] += tap.factors[channel]
            bias[channel] += tap.bias[channel]
        }
        weight = merged.map { Float($0) }
        scale = [Double](repeating: 1, count: scale.count)
    }
}
