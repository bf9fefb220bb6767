import Zoo

/// The values of a storage that a tensor is made of: where the first one is and, for each extent, the step from one index
/// to the next, counted in values. Checked against the storage when made; copying cannot leave it.
struct StridedView: Sendable, Hashable {
    /// Extents above one, with their steps; neighbours that are one run of memory are merged.
    private let axes: [Axis]
    /// The first value, from the start of the storage's bytes.
    private let offset: Int
    /// The number of values.
    let count: Int
    /// The storage's values that must be there.
    private let reach: Int

    private struct Axis: Sendable, Hashable {
        var extent: Int
        var stride: Int
    }

    /// - Parameters:
    ///   - offset: the first value, from the start of `available`.
    ///   - available: the values of the storage that may be used.
    /// - Returns: nil where the view reaches beyond `available`, or where a size overflows.
    init?(shape: [Int], strides: [Int], offset: Int, available: Range<Int>) {
        guard let count = Tensor.count(of: shape), strides.count == shape.count, available.lowerBound >= 0, offset >= 0
        else { return nil }
        // An empty tensor may start at the very end of its storage.
        guard offset <= available.count else { return nil }
        self.offset = available.lowerBound + offset
        self.count = count
        guard count > 0 else {
            axes = []
            reach = 0
            return
        }
        var last = self.offset
        var axes: [Axis] = []
        for (extent, stride) in zip(shape, strides) where extent > 1 {
            let (step, tooFar) = (extent - 1).multipliedReportingOverflow(by: stride)
            let (sum, overflow) = last.addingReportingOverflow(step)
            guard stride >= 0, !tooFar, !overflow, sum < available.upperBound else { return nil }
            last = sum
            // Inside of the checked reach, so that neither product nor sum can overflow.
            if let outer = axes.last, outer.stride == stride * extent {
                axes[axes.count - 1] = Axis(extent: outer.extent * extent, stride: stride)
            } else {
                axes.append(Axis(extent: extent, stride: stride))
            }
        }
        guard last < available.upperBound else { return nil }
        self.axes = axes
        reach = last + 1
    }

    /// Copies the values in row-major order.
    /// - Parameters:
    ///   - width: bytes a value: 1, 2, 4 or 8.
    ///   - storage: all the storage's bytes.
    ///   - target: `count * width` bytes.
    /// - Returns: false, with nothing written, if either has another length than that.
    func copy(width: Int, from storage: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer) -> Bool {
        guard target.count == count * width, reach <= storage.count / width else { return false }
        guard count > 0 else { return true }
        let isOneRun = axes.isEmpty || axes.count == 1 && axes[0].stride == 1
        if isOneRun {
            target.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: storage[offset * width..<(offset + count) * width]))
            return true
        }
        switch width {
        case 1: gather(UInt8.self, from: storage, to: target)
        case 2: gather(UInt16.self, from: storage, to: target)
        case 4: gather(UInt32.self, from: storage, to: target)
        case 8: gather(UInt64.self, from: storage, to: target)
        default: return false
        }
        return true
    }

    private func gather<T: FixedWidthInteger & BitwiseCopyable>(
        _ type: T.Type, from storage: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer
    ) {
        let width = MemoryLayout<T>.size
        let outer = axes.dropLast()
        let inner = axes[axes.count - 1]
        var index = [Int](repeating: 0, count: outer.count)
        var start = offset
        var written = 0
        while written < count {
            var position = start * width
            for _ in 0..<inner.extent {
                target.storeBytes(
                    of: storage.loadUnaligned(fromByteOffset: position, as: T.self), toByteOffset: written * width,
                    as: T.self)
                written += 1
                position += inner.stride * width
            }
            for axis in outer.indices.reversed() {
                index[axis] += 1
                start += outer[axis].stride
                if index[axis] < outer[axis].extent { break }
                start -= index[axis] * outer[axis].stride
                index[axis] = 0
            }
        }
    }
}
