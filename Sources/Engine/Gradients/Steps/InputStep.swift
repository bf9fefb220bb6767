/// Takes the caller's images over.
struct InputStep: TrainingStep {
    let output = 0
    let layout: Layout
    let source = Source()

    /// The caller's `[N, H, W, C]`; nil between passes.
    final class Source: @unchecked Sendable {
        var images: UnsafePointer<Float>?
    }

    var inputs: [Int] { [] }

    func forward(_ pass: Pass) {
        guard let images = source.images else { return }
        let size = layout.pixels * layout.channels
        for (index, image) in pass.images.enumerated() {
            var from = images + image * size
            for row in 0..<layout.height {
                var to = pass.values[output] + index * layout.count + row * layout.rowStride
                for _ in 0..<layout.width {
                    to.update(from: from, count: layout.channels)
                    (to + layout.channels).update(repeating: 0, count: layout.stride - layout.channels)
                    from += layout.channels
                    to += layout.stride
                }
            }
        }
    }

    func backward(_ pass: Pass) {}
}
