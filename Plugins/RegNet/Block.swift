import Zoo

/// The X and Y blocks (the paper's Figure 4): 1x1, 3x3 in groups, perhaps squeeze and excite, 1x1; the input is added, fitted by a
/// 1x1 convolution where the shape changes. Nothing is narrower inside.
struct Block: Layer {
    private let width: Int
    private let stride: Int
    private let groupWidth: Int
    private let squeezes: Bool

    init(width: Int, stride: Int, groupWidth: Int, squeezes: Bool) {
        self.width = width
        self.stride = stride
        self.groupWidth = groupWidth
        self.squeezes = squeezes
    }

    func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        let fits = stride == 1 && input.channels == width
        // torchvision lists this convolution first.
        let around =
            fits ? input : try conv(kernel: 1, stride: stride, activates: false).named("proj").build(input, in: &graph)
        let main = try transform(inputs: input.channels).named("f").build(input, in: &graph)
        let sum = try graph.append(.add(dropFirst: 0), main, around)
        return try Activation.relu.named("activation").build(sum, in: &graph)
    }

    private func transform(inputs: Int) -> Sequential {
        Sequential {
            conv(kernel: 1).named("a")
            conv(kernel: 3, stride: stride, groups: width / min(width, groupWidth)).named("b")
            if squeezes { SqueezeExcite(squeezed: inputs / 4).named("se") }
            conv(kernel: 1, activates: false).named("c")
        }
    }

    private func conv(kernel: Int, stride: Int = 1, groups: Int = 1, activates: Bool = true) -> ConvNormActivation {
        ConvNormActivation(
            width, kernel: Extent(kernel), stride: Extent(stride), groups: groups, activation: activates ? .relu : nil)
    }
}
