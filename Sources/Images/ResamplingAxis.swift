package import Zoo

/// The weights of one axis of a resize, in the fixed point of Pillow's 8-bit `Image.resize`: the same rounding at every
/// step, hence the same pixels. Only the outputs that are asked for are computed.
///
/// Written in Swift because a C compiler may fuse a multiplication and an addition, and round once where Pillow rounds
/// twice.
package struct ResamplingAxis {
    /// The sizes of the whole axis, before and after.
    let input: Int
    let output: Int
    /// Per output, the first input and the number of inputs that it is made from.
    private(set) var starts: [Int32] = []
    private(set) var counts: [Int32] = []
    /// `[outputs, capacity]`, scaled by 2^22.
    private(set) var weights: [Int32] = []
    /// The largest number of inputs of an output.
    let capacity: Int

    /// The inputs that any output needs.
    private(set) var inputs = 0..<0

    /// - Parameters:
    ///   - input: the number of pixels there are.
    ///   - output: the number of pixels that the whole axis is resized to.
    ///   - range: which of these to compute.
    package init(input: Int, output: Int, range: Range<Int>, filter: Preprocessing.Interpolation) {
        self.input = input
        self.output = output
        let scale = Double(input) / Double(output)
        // A filter is stretched to cover the pixels that merge into one, never shrunk below its own size.
        let stretch = max(scale, 1)
        let support = filter.support * stretch
        let inverse = 1 / stretch
        capacity = min(Int(support.rounded(.up)) * 2 + 1, input)
        starts.reserveCapacity(range.count)
        counts.reserveCapacity(range.count)
        weights.reserveCapacity(range.count * capacity)
        var exact: [Double] = []
        exact.reserveCapacity(capacity)
        for index in range {
            let center = (Double(index) + 0.5) * scale
            // Conversion towards zero, as in C.
            let start = max(Int(center - support + 0.5), 0)
            let end = min(Int(center + support + 0.5), input)
            exact.removeAll(keepingCapacity: true)
            var sum = 0.0
            for position in start..<end {
                let weight = filter.weight(at: (Double(position) - center + 0.5) * inverse)
                exact.append(weight)
                sum += weight
            }
            for weight in exact { weights.append(ResamplingAxis.fixedPoint(sum == 0 ? weight : weight / sum)) }
            weights.append(contentsOf: repeatElement(0, count: capacity - exact.count))
            starts.append(Int32(start))
            counts.append(Int32(end - start))
            inputs = min(start, inputs.isEmpty ? start : inputs.lowerBound)..<max(end, inputs.upperBound)
        }
    }

    /// Whether this axis, the rows, is resampled before the columns. Results of the first pass are rounded to 8 bits,
    /// so the order shows. Columns came first in every Pillow before 13, which takes rows first where they shrink by
    /// more than twice as many pixels as the columns.
    func goesBefore(_ columns: ResamplingAxis) -> Bool {
        output < input && input - output > 2 * (columns.input - columns.output)
    }

    private static func fixedPoint(_ weight: Double) -> Int32 {
        Int32(weight * Double(1 << 22) + (weight < 0 ? -0.5 : 0.5))
    }
}

extension Preprocessing.Interpolation {
    /// How far the filter reaches from its centre, in pixels, where nothing is shrunk.
    fileprivate var support: Double {
        switch self {
        case .bilinear: 1
        case .bicubic: 2
        }
    }

    /// The filter at that distance: a triangle, or Keys' cubic (1981) with a = -0.5.
    fileprivate func weight(at distance: Double) -> Double {
        let x = abs(distance)
        switch self {
        case .bilinear: return x < 1 ? 1 - x : 0
        case .bicubic:
            let a = -0.5
            if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
            if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
            return 0
        }
    }
}
