/// Convolution without bias, batch norm, activation, under torchvision's names (`Conv2dNormActivation`): 0, 1 and 2.
public struct ConvNormActivation: CompositeLayer {
    private let conv: Conv
    private let norm: Norm
    private let activation: Activation?

    /// - Parameters:
    ///   - padding: nil for `(kernel - 1) / 2` on every side.
    ///   - activation: nil for none.
    public init(
        _ outputs: Int, kernel: Extent, stride: Extent = 1, padding: Padding? = nil, groups: Int = 1,
        norm: Norm = Norm(), activation: Activation?
    ) {
        conv = Conv(outputs, kernel: kernel, stride: stride, padding: padding, groups: groups)
        self.norm = norm
        self.activation = activation
    }

    /// The three of them, or two.
    public var layers: [any Layer] {
        conv
        norm
        if let activation { activation }
    }
}
