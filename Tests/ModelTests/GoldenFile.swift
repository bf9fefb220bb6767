import TestSupport
import Testing
import Weights
import Zoo

/// Outputs of PyTorch, made by `make.py`: samples of flat tensors in PyTorch's order, and shapes.
struct GoldenFile {
    private let tensors: StateDict

    /// - Parameter name: a file of `Tests/Fixtures/models`, without `.npz`.
    init(_ name: String) throws {
        tensors = try WeightFile(path: Fixtures.path("models/\(name).npz")).load()
    }

    /// A stored tensor as it is.
    subscript(name: String) -> Tensor {
        get throws { try #require(tensors[name], "\(name) is not in the fixture") }
    }

    /// The largest difference to the golden output, relative to that output's largest value.
    /// - Parameter output: `[1, H, W, C]` or `[1, C]`.
    func error(of output: Tensor, at name: String) throws -> Double {
        let golden = try self[name].elements
        let shape = try self["\(name).shape"].elements.map { Int($0) }
        let (channels, plane) = (shape[0], shape.dropFirst().reduce(1, *))
        // PyTorch's [C, H, W] is [H, W, C] here.
        try #require(output.shape == [1] + shape.dropFirst() + [channels], "the shape of \(name)")
        // The script's step is odd, and the samples run to the tensor's end.
        let count = channels * plane
        let step = try #require(
            stride(from: 1, through: count, by: 2).first { (count + $0 - 1) / $0 <= golden.count },
            "the step of \(name)")
        try #require((count + step - 1) / step == golden.count, "the number of samples of \(name)")
        var largest = 0.0
        var difference = 0.0
        for (index, value) in golden.enumerated() {
            let (channel, position) = (index * step / plane, index * step % plane)
            let ours = output.elements[position * channels + channel]
            largest = max(largest, abs(Double(value)))
            // A NaN must not pass for small.
            difference = max(difference, ours.isFinite ? abs(Double(ours) - Double(value)) : .infinity)
        }
        return difference / largest
    }
}
