import Zoo

/// Two branches of half the channels each, joined and shuffled (the paper's Figure 3c and d). At stride 1 the first branch
/// is the first half of the input as it is, and the second reads the other half; at stride 2 both read all.
struct Block: Layer {
    /// Those that go out.
    let channels: Int
    /// Whether height and width are halved.
    let strides: Bool

    func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        let first: Value
        var second = input
        if strides {
            first = try Sequential {
                depthwise(input.channels)
                Norm()
                pointwise
            }.named("branch1").build(input, in: &graph)
        } else {
            first = try Slice(.channels, from: 0, count: channels / 2).named("first").build(input, in: &graph)
            second = try Slice(.channels, from: channels / 2).named("second").build(input, in: &graph)
        }
        second = try Sequential {
            pointwise
            depthwise(channels / 2)
            Norm()
            pointwise
        }.named("branch2").build(second, in: &graph)
        let joined = try graph.append(.concatenate, first, second)
        return try ChannelShuffle(groups: 2).named("shuffle").build(joined, in: &graph)
    }

    private func depthwise(_ channels: Int) -> Conv {
        Conv(channels, kernel: 3, stride: strides ? 2 : 1, groups: channels)
    }

    @LayerBuilder private var pointwise: [any Layer] {
        Conv(channels / 2, kernel: 1)
        Norm()
        Activation.relu
    }
}
