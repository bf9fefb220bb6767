import Zoo

/// Convolution, norm, ReLU.
struct BasicConv: CompositeLayer {
    private let conv: Conv

    init(_ channels: Int, kernel: Extent, stride: Extent = 1) { conv = Conv(channels, kernel: kernel, stride: stride) }

    var layers: [any Layer] {
        conv.named("conv")
        Norm(epsilon: 1e-3).named("bn")
        Activation.relu.named("relu")
    }
}

/// Four branches side by side (the paper's Figure 2b).
struct Inception: CompositeLayer {
    private let branches: [Int]

    /// In the order of the paper's columns: #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool proj.
    init(_ branches: Int...) { self.branches = branches }

    var layers: [any Layer] {
        Concatenate {
            BasicConv(branches[0], kernel: 1).named("branch1")
            Sequential {
                BasicConv(branches[1], kernel: 1)
                BasicConv(branches[2], kernel: 3)
            }.named("branch2")
            Sequential {
                BasicConv(branches[3], kernel: 1)
                // 5x5 in the paper.
                BasicConv(branches[4], kernel: 3)
            }.named("branch3")
            Sequential {
                Pool.max(3, stride: 1, padding: 1)
                BasicConv(branches[5], kernel: 1)
            }.named("branch4")
        }.unnamed
    }
}
