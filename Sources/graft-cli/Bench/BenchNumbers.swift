import Zoo

/// What networks are measured with where there are no pictures.
enum BenchNumbers {
    /// Numbers from -1 to 1, the same each time.
    static func tensor(_ shape: [Int]) -> Tensor {
        var tensor = Tensor(shape: shape)
        tensor.withElements { values in
            var state: UInt64 = 1
            for index in values.indices {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                values[index] = Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31
            }
        }
        return tensor
    }
}
