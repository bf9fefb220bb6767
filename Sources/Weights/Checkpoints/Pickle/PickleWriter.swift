/// Writes the pickle of a state dict as `torch.save` does at protocol 2: an OrderedDict of names and float32 tensors, each
/// in a storage of its own whose key is its number. `torch.load` with `weights_only=True` allows all that is in it.
struct PickleWriter {
    private(set) var bytes: [UInt8] = []

    init(_ tensors: [(name: String, shape: [Int])]) {
        append(.proto)
        bytes.append(2)
        orderedDict()
        append(.mark)
        for (key, tensor) in tensors.enumerated() {
            text(tensor.name)
            self.tensor(key: key, shape: tensor.shape)
        }
        append(.setItems)
        append(.stop)
    }

    /// `_rebuild_tensor_v2(STORAGE, 0, SHAPE, STRIDES, False, OrderedDict())`
    private mutating func tensor(key: Int, shape: [Int]) {
        global("torch._utils", "_rebuild_tensor_v2")
        append(.mark)
        append(.mark)
        text("storage")
        global("torch", "FloatStorage")
        text("\(key)")
        text("cpu")
        integer(shape.reduce(1, *))
        append(.tuple)
        append(.binPersId)
        integer(0)
        tuple(shape)
        var strides: [Int] = []
        var step = 1
        for extent in shape.reversed() {
            strides.append(step)
            step *= max(1, extent)
        }
        tuple(strides.reversed())
        append(.newFalse)
        orderedDict()
        append(.tuple)
        append(.reduce)
    }

    private mutating func append(_ opcode: PickleOpcode) { bytes.append(opcode.rawValue) }

    private mutating func orderedDict() {
        global("collections", "OrderedDict")
        append(.emptyTuple)
        append(.reduce)
    }

    private mutating func global(_ module: String, _ name: String) {
        append(.global)
        bytes += "\(module)\n\(name)\n".utf8
    }

    private mutating func text(_ text: String) {
        append(.binUnicode)
        bytes += LittleEndianBytes(UInt32(clamping: text.utf8.count)).bytes
        bytes += text.utf8
    }

    private mutating func integer(_ value: Int) {
        if let value = Int32(exactly: value) {
            append(.binInt)
            bytes += LittleEndianBytes(value).bytes
        } else {
            append(.long1)
            bytes.append(8)
            bytes += LittleEndianBytes(Int64(value)).bytes
        }
    }

    private mutating func tuple(_ values: [Int]) {
        append(.mark)
        for value in values { integer(value) }
        append(.tuple)
    }
}
