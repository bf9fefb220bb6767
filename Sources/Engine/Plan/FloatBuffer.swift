/// Floats at an address that is a multiple of 64. Whoever fills one does so before anyone else sees it.
final class FloatBuffer: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Float>
    let count: Int

    /// Whatever was there: memory that is never touched is never taken from the system.
    init(uninitialized count: Int) {
        self.count = count
        let raw = LargePages.allocate(bytes: max(1, count) * MemoryLayout<Float>.stride)
        pointer = raw.bindMemory(to: Float.self, capacity: max(1, count))
    }

    /// Zeros.
    convenience init(count: Int) {
        self.init(uninitialized: count)
        pointer.initialize(repeating: 0, count: max(1, count))
    }

    /// `values` followed by zeros.
    convenience init(_ values: [Float], padding count: Int) {
        self.init(count: max(count, values.count))
        for (index, value) in values.enumerated() { pointer[index] = value }
    }

    deinit { UnsafeMutableRawPointer(pointer).deallocate() }

    subscript(index: Int) -> Float {
        get {
            precondition(index >= 0 && index < count, "index out of range")
            return pointer[index]
        }
        set {
            precondition(index >= 0 && index < count, "index out of range")
            pointer[index] = newValue
        }
    }
}
