package import Zoo

extension TensorEntry {
    /// The tensor's values as float32.
    ///
    /// The caller must have checked `byteCount` against the bytes that are really there: it is the memory taken here.
    /// - Parameters:
    ///   - file: the file's name, for errors.
    ///   - isBigEndian: whether the bytes of each value stand in the other order.
    ///   - fill: writes all `byteCount` bytes, row-major, into the memory that it is given. For float32 that is the
    ///     returned array's own storage.
    /// - Throws: what `fill` throws, and `GraftError.value` for a value that is not finite or that float32 cannot hold.
    package func values(
        file: String, isBigEndian: Bool = false,
        fill: (UnsafeMutableRawBufferPointer) throws(GraftError) -> Void
    ) throws(GraftError) -> [Float] {
        var failure: GraftError?
        let values = [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            let target = UnsafeMutableBufferPointer(rebasing: buffer[..<count])
            do throws(GraftError) {
                if dtype == .float32 {
                    try fill(UnsafeMutableRawBufferPointer(target))
                    if isBigEndian { swapBytes(UnsafeMutableRawBufferPointer(target)) }
                } else {
                    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 16)
                    defer { bytes.deallocate() }
                    try fill(bytes)
                    if isBigEndian { swapBytes(bytes) }
                    try convert(UnsafeRawBufferPointer(bytes), into: target, file: file)
                }
                initialized = count
            } catch {
                failure = error
                initialized = 0
            }
        }
        if let failure { throw failure }
        try checkFinite(values, file: file)
        return values
    }

    private func swapBytes(_ bytes: UnsafeMutableRawBufferPointer) {
        func swap<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) {
            for offset in stride(from: 0, to: bytes.count, by: MemoryLayout<T>.size) {
                let value = bytes.loadUnaligned(fromByteOffset: offset, as: T.self)
                bytes.storeBytes(of: value.byteSwapped, toByteOffset: offset, as: T.self)
            }
        }
        switch dtype.size {
        case 2: swap(UInt16.self)
        case 4: swap(UInt32.self)
        case 8: swap(UInt64.self)
        default: break
        }
    }

    private func convert(
        _ bytes: UnsafeRawBufferPointer, into values: UnsafeMutableBufferPointer<Float>, file: String
    ) throws(GraftError) {
        /// Whole numbers must stay what they are: float32 has no 16777217.
        func exact<T: FixedWidthInteger>(_ type: T.Type) throws(GraftError) {
            for index in values.indices {
                let value = T(
                    littleEndian: bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<T>.size, as: T.self))
                let float = Float(value)
                guard T(exactly: float) == value else { throw notHeld("\(value)", at: index, file: file) }
                values[index] = float
            }
        }
        switch dtype {
        case .float32: UnsafeMutableRawBufferPointer(values).copyMemory(from: bytes)
        case .float16:
            for index in values.indices {
                let bits = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
                values[index] = HalfFloat.float(bits)
            }
        case .bfloat16:
            for index in values.indices {
                let bits = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
                values[index] = Float(bitPattern: UInt32(bits) << 16)
            }
        case .float64:
            for index in values.indices {
                let bits = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
                let value = Double(bitPattern: bits)
                values[index] = Float(value)
                if value.isFinite, !values[index].isFinite { throw notHeld("\(value)", at: index, file: file) }
            }
        case .int64: try exact(Int64.self)
        case .int32: try exact(Int32.self)
        case .int16: try exact(Int16.self)
        case .int8: try exact(Int8.self)
        case .uint64: try exact(UInt64.self)
        case .uint32: try exact(UInt32.self)
        case .uint16: try exact(UInt16.self)
        case .uint8: try exact(UInt8.self)
        case .float8e4m3, .float8e5m2, .float8e4m3u, .float8e5m2u, .float8e8m0:
            guard let table = SmallFloat(dtype)?.values else { return }
            for index in values.indices { values[index] = table[Int(bytes[index])] }
        case .bool: for index in values.indices { values[index] = bytes[index] == 0 ? 0 : 1 }
        }
    }

    private func checkFinite(_ values: [Float], file: String) throws(GraftError) {
        // Exponent bits all ones mean NaN or infinity. Without a branch the loop runs as fast as memory.
        let isFinite = values.withUnsafeBufferPointer { buffer in
            var largest: UInt32 = 0
            for value in buffer { largest = max(largest, value.bitPattern & 0x7f80_0000) }
            return largest < 0x7f80_0000
        }
        guard !isFinite, let index = values.firstIndex(where: { !$0.isFinite }) else { return }
        throw GraftError(
            .value, "the tensor has a value that is not finite", file: file, member: name,
            found: "\(values[index]) at index \(index)")
    }

    private func notHeld(_ value: String, at index: Int, file: String) -> GraftError {
        GraftError(
            .value, "the tensor has a value that float32 cannot hold", file: file, member: name,
            found: "\(value) (\(dtype.rawValue)) at index \(index)")
    }
}
