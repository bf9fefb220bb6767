import Zoo

/// Convolutions that learn what to add to their input. Where the shape changes, a 1x1 convolution fits the input.
struct ResidualBlock: Layer {
    /// The paper's Figure 5.
    enum Kind: Sendable {
        /// Two 3x3 convolutions.
        case basic
        /// 1x1, 3x3 in groups, 1x1 to four times `width`. A group has `groupWidth` channels for every 64 of `width`. The
        /// 3x3 strides, not the first 1x1 as in the paper: torchvision's weights are of this "v1.5".
        case bottleneck(groups: Int = 1, groupWidth: Int = 64)
    }

    private let kind: Kind
    private let width: Int
    private let stride: Extent

    init(_ kind: Kind, width: Int, stride: Int) {
        self.kind = kind
        self.width = width
        self.stride = Extent(stride)
    }

    func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        let outputs =
            switch kind {
            case .basic: width
            case .bottleneck: 4 * width
            }
        let fits = stride == 1 && input.channels == outputs
        let sum = try Residual(shortcut: fits ? nil : downsample(to: outputs)) { convolutions(to: outputs) }
            .build(input, in: &graph)
        return try Activation.relu.named("relu").build(sum, in: &graph)
    }

    private func downsample(to outputs: Int) -> NamedLayer {
        Sequential {
            Conv(outputs, kernel: 1, stride: stride)
            Norm()
        }.named("downsample")
    }

    @LayerBuilder private func convolutions(to outputs: Int) -> [any Layer] {
        switch kind {
        case .basic:
            convolution(1, outputs, kernel: 3, stride: stride)
            convolution(2, outputs, kernel: 3, activates: false)
        case .bottleneck(let groups, let groupWidth):
            let inner = width * groupWidth / 64 * groups
            convolution(1, inner, kernel: 1)
            convolution(2, inner, kernel: 3, stride: stride, groups: groups)
            convolution(3, outputs, kernel: 1, activates: false)
        }
    }

    @LayerBuilder private func convolution(
        _ number: Int, _ outputs: Int, kernel: Extent, stride: Extent = 1, groups: Int = 1, activates: Bool = true
    ) -> [any Layer] {
        Conv(outputs, kernel: kernel, stride: stride, groups: groups).named("conv\(number)")
        Norm().named("bn\(number)")
        if activates { Activation.relu.named("relu") }
    }
}
