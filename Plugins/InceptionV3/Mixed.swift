import Zoo

/// Convolution, norm, ReLU.
struct BasicConv: CompositeLayer {
    private let conv: Conv

    init(_ channels: Int, _ kernel: Extent, stride: Extent = 1, padding: Extent = 0) {
        conv = Conv(channels, kernel: kernel, stride: stride, padding: .symmetric(padding))
    }

    /// One row of `length` taps, on a margin that keeps the size.
    static func row(_ channels: Int, _ length: Int) -> BasicConv {
        BasicConv(
            channels, Extent(height: 1, width: length), padding: Extent(height: 0, width: length / 2))
    }

    /// One column of `length` taps, on a margin that keeps the size.
    static func column(_ channels: Int, _ length: Int) -> BasicConv {
        BasicConv(
            channels, Extent(height: length, width: 1), padding: Extent(height: length / 2, width: 0))
    }

    var layers: [any Layer] {
        conv.named("conv")
        Norm(epsilon: 1e-3).named("bn")
        Activation.relu.named("relu")
    }
}

/// The modules: branches side by side, under torchvision's names for their convolutions and letters for the kinds.
enum Mixed {
    /// The paper's Figure 5, at 35 by 35.
    static func a(pooled: Int) -> Concatenate {
        Concatenate {
            BasicConv(64, 1).named("branch1x1")
            Sequential {
                BasicConv(48, 1).named("branch5x5_1")
                BasicConv(64, 5, padding: 2).named("branch5x5_2")
            }.unnamed
            Sequential {
                BasicConv(64, 1).named("branch3x3dbl_1")
                BasicConv(96, 3, padding: 1).named("branch3x3dbl_2")
                BasicConv(96, 3, padding: 1).named("branch3x3dbl_3")
            }.unnamed
            pooling(pooled)
        }
    }

    /// The paper's Figure 10, from 35 by 35 to 17 by 17.
    static var b: Concatenate {
        Concatenate {
            BasicConv(384, 3, stride: 2).named("branch3x3")
            Sequential {
                BasicConv(64, 1).named("branch3x3dbl_1")
                BasicConv(96, 3, padding: 1).named("branch3x3dbl_2")
                BasicConv(96, 3, stride: 2).named("branch3x3dbl_3")
            }.unnamed
            Pool.max(3, stride: 2).named("branch_pool")
        }
    }

    /// The paper's Figure 6, at 17 by 17.
    static func c(width: Int) -> Concatenate {
        Concatenate {
            BasicConv(192, 1).named("branch1x1")
            Sequential {
                BasicConv(width, 1).named("branch7x7_1")
                BasicConv.row(width, 7).named("branch7x7_2")
                BasicConv.column(192, 7).named("branch7x7_3")
            }.unnamed
            Sequential {
                BasicConv(width, 1).named("branch7x7dbl_1")
                BasicConv.column(width, 7).named("branch7x7dbl_2")
                BasicConv.row(width, 7).named("branch7x7dbl_3")
                BasicConv.column(width, 7).named("branch7x7dbl_4")
                BasicConv.row(192, 7).named("branch7x7dbl_5")
            }.unnamed
            pooling(192)
        }
    }

    /// From 17 by 17 to 8 by 8.
    static var d: Concatenate {
        Concatenate {
            Sequential {
                BasicConv(192, 1).named("branch3x3_1")
                BasicConv(320, 3, stride: 2).named("branch3x3_2")
            }.unnamed
            Sequential {
                BasicConv(192, 1).named("branch7x7x3_1")
                BasicConv.row(192, 7).named("branch7x7x3_2")
                BasicConv.column(192, 7).named("branch7x7x3_3")
                BasicConv(192, 3, stride: 2).named("branch7x7x3_4")
            }.unnamed
            Pool.max(3, stride: 2).named("branch_pool")
        }
    }

    /// The paper's Figure 7, at 8 by 8: two branches fork at their ends.
    static var e: Concatenate {
        Concatenate {
            BasicConv(320, 1).named("branch1x1")
            Sequential {
                BasicConv(384, 1).named("branch3x3_1")
                fork("branch3x3_2")
            }.unnamed
            Sequential {
                BasicConv(448, 1).named("branch3x3dbl_1")
                BasicConv(384, 3, padding: 1).named("branch3x3dbl_2")
                fork("branch3x3dbl_3")
            }.unnamed
            pooling(192)
        }
    }

    private static func fork(_ name: String) -> UnnamedLayer {
        Concatenate {
            BasicConv.row(384, 3).named("\(name)a")
            BasicConv.column(384, 3).named("\(name)b")
        }.unnamed
    }

    /// The mean of a pixel's surroundings; where they end, PyTorch counts the margin's zeros.
    private static func pooling(_ channels: Int) -> UnnamedLayer {
        Sequential {
            Pool.average(3, stride: 1, padding: 1).named("avgpool")
            BasicConv(channels, 1).named("branch_pool")
        }.unnamed
    }
}
