import Zoo

/// The elements of a storage that a tensor is made of: `offset` and for each extent the step from one index to the next,
/// all counted in elements. Checked against the storage's length when made; reading cannot leave it.
struct StridedView: Sendable, Hashable {
    let type: ElementType
    let shape: [Int]
    let strides: [Int]
    /// The first element, from the start of the bytes.
    let offset: Int
    /// The number of elements.
    let count: Int

    /// nil where the view reaches beyond `available` elements, or where its size overflows.
    init?(type: ElementType, shape: [Int], strides: [Int], offset: Int, available: Range<Int>) {
        guard let count = Tensor.count(of: shape), strides.count == shape.count, offset >= 0 else { return nil }
        var last = available.lowerBound
        var overflow = false
        func add(_ value: Int) {
            let sum = last.addingReportingOverflow(value)
            last = sum.partialValue
            overflow = overflow || sum.overflow
        }
        add(offset)
        for (extent, stride) in zip(shape, strides) {
            guard stride >= 0 else { return nil }
            let reach = max(0, extent - 1).multipliedReportingOverflow(by: stride)
            overflow = overflow || reach.overflow
            add(reach.partialValue)
        }
        // An empty tensor may start at the very end of its storage.
        guard !overflow, count == 0 || last < available.upperBound else { return nil }
        self.type = type
        self.shape = shape
        self.strides = strides
        self.offset = available.lowerBound + offset
        self.count = count
    }

    /// A tensor that fills its bytes in row-major order.
    init?(type: ElementType, shape: [Int], available: Int) {
        guard let count = Tensor.count(of: shape), count == available else { return nil }
        var strides: [Int] = []
        var step = 1
        for extent in shape.reversed() {
            strides.insert(step, at: 0)
            step *= max(1, extent)
        }
        self.init(type: type, shape: shape, strides: strides, offset: 0, available: 0..<available)
    }

    /// Extents and strides with what does not matter left out: extents of one, and extents that continue the next.
    private var simplified: [(extent: Int, stride: Int)] {
        var axes: [(extent: Int, stride: Int)] = []
        for (extent, stride) in zip(shape, strides) where extent != 1 {
            if let outer = axes.last, outer.stride == stride * extent {
                axes[axes.count - 1] = (outer.extent * extent, stride)
            } else {
                axes.append((extent, stride))
            }
        }
        return axes
    }

    /// The values in row-major order as float32: floats rounded to nearest, whole numbers too where float32 does not hold
    /// them, `true` as 1.
    /// - Parameter bytes: the storage's bytes.
    /// - Returns: nil if `bytes` is shorter than the storage that the view was checked against, or if a finite value lies
    ///   outside of float32's range.
    func values(in bytes: UnsafeRawBufferPointer) -> [Float]? {
        func load<T: BitwiseCopyable>(_ type: T.Type, _ convert: (T) -> Float) -> [Float]? {
            gather(bytes) { convert(bytes.loadUnaligned(fromByteOffset: $0, as: T.self)) }
        }
        switch type {
        case .float32: return load(UInt32.self) { Float(bitPattern: UInt32(littleEndian: $0)) }
        case .float16: return load(UInt16.self) { ElementType.float(half: UInt16(littleEndian: $0)) }
        case .bfloat16: return load(UInt16.self) { ElementType.float(brain: UInt16(littleEndian: $0)) }
        case .int64: return load(Int64.self) { Float(Int64(littleEndian: $0)) }
        case .int32: return load(Int32.self) { Float(Int32(littleEndian: $0)) }
        case .int16: return load(Int16.self) { Float(Int16(littleEndian: $0)) }
        case .int8: return load(Int8.self) { Float($0) }
        case .uint8: return load(UInt8.self) { Float($0) }
        case .bool: return load(UInt8.self) { $0 == 0 ? 0 : 1 }
        case .float64:
            var inRange = true
            let values = load(UInt64.self) { bits in
                let value = Double(bitPattern: UInt64(littleEndian: bits))
                let single = Float(value)
                if value.isFinite && !single.isFinite { inRange = false }
                return single
            }
            return inRange ? values : nil
        }
    }

    /// Calls `load` with every element's byte offset, in row-major order.
    @inline(__always)
    private func gather(_ bytes: UnsafeRawBufferPointer, _ load: (Int) -> Float) -> [Float]? {
        guard count > 0 else { return [] }
        let axes = simplified
        let reach = axes.reduce(offset) { $0 + ($1.extent - 1) * $1.stride }
        guard reach < bytes.count / type.width else { return nil }
        let width = type.width
        let inner = axes.last ?? (1, 1)
        let outer = axes.dropLast()
        return [Float](unsafeUninitializedCapacity: count) { buffer, written in
            var index = [Int](repeating: 0, count: outer.count)
            var start = offset
            while written < count {
                var position = start * width
                let step = inner.stride * width
                for _ in 0..<inner.extent {
                    buffer.initializeElement(at: written, to: load(position))
                    written += 1
                    position += step
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
}
