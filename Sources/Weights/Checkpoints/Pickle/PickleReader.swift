import Zoo

/// Reads a PyTorch checkpoint's pickle: an interpreter of `PickleOpcode`'s instructions and `PickleGlobal`'s names, and of
/// nothing else. It builds values and calls nothing; what an unknown name would have made is a label, the opaque value.
///
/// Memory and time are bounded by the pickle's length: texts are counted before they are taken, an instruction makes no
/// more values than it took from the stack, and `Limits` caps the rest.
struct PickleReader {
    /// Far above what checkpoints need (torchvision's largest has some thousand tensors).
    struct Limits {
        var bytes = 16 << 20
        var stack = 1_000_000
        var memo = 1_000_000
        var objects = 1_000_000
        var text = 1 << 20
        var rank = 16
    }

    /// A pickle's meaning.
    struct Result {
        let root: PickleValue
        let heap: PickleHeap
        /// The bytes it took.
        let length: Int
    }

    private let bytes: UnsafeRawBufferPointer
    let limits: Limits
    let file: String
    private let member: String?
    private var position = 0
    /// Where the present instruction starts, for messages.
    private var start = 0
    var heap = PickleHeap()
    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]
    /// The pairs given to OrderedDict so far: the same list may be given many times.
    var pairs = 0
    /// What is known of each storage name, so that two mentions agree.
    var storageFacts: [String: PickledStorage] = [:]
    /// Where `heap.names` has an unknown name.
    private var labels: [String: Int] = [:]

    private init(_ bytes: UnsafeRawBufferPointer, file: String, member: String?, limits: Limits) {
        self.bytes = bytes
        self.file = file
        self.member = member
        self.limits = limits
    }

    /// Reads the pickle that `bytes` starts with.
    /// - Parameters:
    ///   - file: the file as the user named it, for messages.
    ///   - member: the part of it that the pickle is.
    /// - Throws: `GraftError.refused` for a name or instruction that tensors do not need, `.damaged` for nonsense.
    static func read(
        _ bytes: UnsafeRawBufferPointer, file: String, member: String? = nil, limits: Limits = Limits()
    ) throws(GraftError) -> Result {
        var reader = PickleReader(bytes, file: file, member: member, limits: limits)
        while true {
            guard reader.position < limits.bytes else { throw reader.tooLarge("instructions", limits.bytes) }
            reader.start = reader.position
            let byte = try reader.unsigned(1)
            guard let opcode = PickleOpcode(rawValue: UInt8(byte)) else {
                throw reader.refuse("the pickle uses the instruction \(PickleOpcode.describe(UInt8(byte)))")
            }
            if opcode == .stop { return try reader.finish() }
            try reader.obey(opcode)
        }
    }

    private mutating func obey(_ opcode: PickleOpcode) throws(GraftError) {
        switch opcode {
        case .proto:
            let version = try unsigned(1)
            guard (2...5).contains(version) else {
                throw damaged("a pickle protocol that PyTorch does not write", expected: "2 to 5", found: "\(version)")
            }
        case .frame:
            let length = try unsigned(8)
            guard length <= bytes.count - position else { throw damaged("a frame reaches beyond the pickle's end") }
        case .mark:
            guard marks.count < limits.stack else { throw tooLarge("marks", limits.stack) }
            marks.append(stack.count)
        case .none: try push(.none)
        case .newTrue: try push(.bool(true))
        case .newFalse: try push(.bool(false))
        case .binInt: try push(.integer(Int(Int32(truncatingIfNeeded: try unsigned(4)))))
        case .binInt1: try push(.integer(try unsigned(1)))
        case .binInt2: try push(.integer(try unsigned(2)))
        case .long1: try push(long(try unsigned(1)))
        case .long4: try push(long(try unsigned(4)))
        case .binFloat:
            let slice = try take(8)
            try push(.float(Double(bitPattern: UInt64(bigEndian: slice.loadUnaligned(as: UInt64.self)))))
        case .binUnicode: try push(unicode(try unsigned(4)))
        case .shortBinUnicode: try push(unicode(try unsigned(1)))
        case .binUnicode8: try push(unicode(try unsigned(8)))
        case .shortBinString: try push(string(try unsigned(1)))
        case .binString: try push(string(try unsigned(4)))
        case .shortBinBytes: try push(skip(try unsigned(1)))
        case .binBytes: try push(skip(try unsigned(4)))
        case .binBytes8, .byteArray8: try push(skip(try unsigned(8)))
        case .emptyTuple: try pushTuple([])
        case .tuple1: try pushTuple(try pop(1))
        case .tuple2: try pushTuple(try pop(2))
        case .tuple3: try pushTuple(try pop(3))
        case .tuple: try pushTuple(try popToMark())
        case .emptyList: try pushList([])
        case .emptyDict: try pushMap([])
        case .emptySet: try push(set([]))
        case .frozenSet:
            let values = try popToMark()
            try push(set(values))
        case .addItems: try append(try popToMark())
        case .append: try append(try pop(1))
        case .appends: try append(try popToMark())
        case .setItem: try assign(try pop(2))
        case .setItems: try assign(try popToMark())
        case .binPut: try remember(try unsigned(1))
        case .longBinPut: try remember(try unsigned(4))
        case .memoize: try remember(memo.count)
        case .binGet: try recall(try unsigned(1))
        case .longBinGet: try recall(try unsigned(4))
        case .global:
            let module = try line()
            let name = try line()
            try push(.global(global(module: module, name: name)))
        case .stackGlobal:
            let pair = try pop(2)
            guard case .text(let module) = pair[0], case .text(let name) = pair[1] else {
                throw damaged("a global without a name")
            }
            try push(.global(global(module: module, name: name)))
        case .binPersId: try push(persistent(try pop(1)[0]))
        case .reduce, .newObject:
            let pair = try pop(2)
            try push(reduce(pair[0], pair[1]))
        case .newObjectKeys:
            let triple = try pop(3)
            try push(reduce(triple[0], triple[1]))
        case .object:
            let values = try popToMark()
            guard let callable = values.first else { throw damaged("an instruction without its values") }
            try checkCount()
            heap.tuples.append(Array(values.dropFirst()))
            try push(reduce(callable, .tuple(heap.tuples.count - 1)))
        case .pop:
            if stack.count > (marks.last ?? 0) { stack.removeLast() } else if marks.popLast() == nil {
                throw damaged("an instruction without its values")
            }
        case .popMark: _ = try popToMark()
        case .dup: try push(try top())
        case .build: try build(try pop(1)[0])
        case .stop: break
        }
    }

    private mutating func finish() throws(GraftError) -> Result {
        guard stack.count == 1, marks.isEmpty else {
            throw damaged("the pickle does not end in one value", found: "\(stack.count)")
        }
        return Result(root: stack[0], heap: heap, length: position)
    }

    // MARK: Bytes

    private mutating func take(_ count: Int) throws(GraftError) -> UnsafeRawBufferPointer {
        guard count <= bytes.count - position else { throw damaged("the pickle ends too early") }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    /// A little-endian number of up to eight bytes; one that `Int` does not hold is none that a file can mean.
    private mutating func unsigned(_ count: Int) throws(GraftError) -> Int {
        let value = try take(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let number = Int(exactly: value) else { throw damaged("a length beyond the pickle's end") }
        return number
    }

    private mutating func text(_ count: Int) throws(GraftError) -> String {
        guard count <= limits.text else { throw tooLarge("bytes in one text", limits.text) }
        guard let text = String(validating: try take(count), as: UTF8.self) else {
            throw damaged("a text that is not UTF-8")
        }
        return text
    }

    /// A text as Python 3 writes it. One that is too long to be a name is passed over, and so is one with halves of
    /// surrogate pairs, which stand for the bytes of a file's name that are no Unicode.
    private mutating func unicode(_ count: Int) throws(GraftError) -> PickleValue {
        if count > limits.text, count <= bytes.count - position { return try skip(count) }
        guard count <= limits.text, count <= bytes.count - position else { return .text(try text(count)) }
        let slice = bytes[position..<position + count]
        if slice.contains(0xED), String(validating: slice, as: UTF8.self) == nil {
            var whole = [UInt8](slice)
            for index in whole.indices.dropLast(2)
            where whole[index] == 0xED && whole[index + 1] & 0xE0 == 0xA0 && whole[index + 2] & 0xC0 == 0x80 {
                whole.replaceSubrange(index...index + 2, with: [0x3F, 0x3F, 0x3F])
            }
            if String(validating: whole, as: UTF8.self) != nil { return try skip(count) }
        }
        return .text(try text(count))
    }

    /// A text as Python 2 writes it: bytes, most often a name.
    private mutating func string(_ count: Int) throws(GraftError) -> PickleValue {
        let slice = try take(count)
        guard count <= limits.text, let text = String(validating: slice, as: UTF8.self) else { return .bytes }
        return .text(text)
    }

    private mutating func skip(_ count: Int) throws(GraftError) -> PickleValue {
        _ = try take(count)
        return .bytes
    }

    /// The text before the next line feed.
    private mutating func line() throws(GraftError) -> String {
        let rest = bytes[position...].prefix(limits.text)
        guard let end = rest.firstIndex(of: 0x0A) else { throw damaged("a name without an end") }
        let name = try text(end - position)
        position += 1
        return name
    }

    private mutating func long(_ count: Int) throws(GraftError) -> PickleValue {
        let slice = try take(count)
        guard count <= limits.text else { return .bytes }
        let digits = [UInt8](slice)
        guard count <= 8 else { return .long(digits) }
        let negative = (digits.last ?? 0) & 0x80 != 0
        let start: UInt64 = negative ? .max : 0
        let value = digits.reversed().reduce(start) { $0 << 8 | UInt64($1) }
        return .integer(Int(Int64(bitPattern: value)))
    }

    // MARK: Stack and memo

    mutating func push(_ value: PickleValue) throws(GraftError) {
        guard stack.count < limits.stack else { throw tooLarge("values on the stack", limits.stack) }
        stack.append(value)
    }

    /// The topmost `count` values above the last mark, lowest first.
    private mutating func pop(_ count: Int) throws(GraftError) -> [PickleValue] {
        guard stack.count - (marks.last ?? 0) >= count else { throw damaged("an instruction without its values") }
        defer { stack.removeLast(count) }
        return Array(stack.suffix(count))
    }

    private mutating func popToMark() throws(GraftError) -> [PickleValue] {
        guard let mark = marks.popLast() else { throw damaged("an instruction without its mark") }
        defer { stack.removeSubrange(mark...) }
        return Array(stack[mark...])
    }

    func top() throws(GraftError) -> PickleValue {
        guard stack.count > (marks.last ?? 0), let top = stack.last else {
            throw damaged("an instruction without its values")
        }
        return top
    }

    private mutating func remember(_ index: Int) throws(GraftError) {
        memo[index] = try top()
        guard memo.count <= limits.memo else { throw tooLarge("remembered values", limits.memo) }
    }

    private mutating func recall(_ index: Int) throws(GraftError) {
        guard let value = memo[index] else {
            throw damaged("a value is used that was not remembered", found: "\(index)")
        }
        try push(value)
    }

    // MARK: Containers

    func checkCount() throws(GraftError) {
        guard heap.count < limits.objects else { throw tooLarge("objects", limits.objects) }
    }

    private mutating func pushTuple(_ values: [PickleValue]) throws(GraftError) {
        try checkCount()
        heap.tuples.append(values)
        try push(.tuple(heap.tuples.count - 1))
    }

    private mutating func pushList(_ values: [PickleValue]) throws(GraftError) {
        try checkCount()
        heap.lists.append(values)
        try push(.list(heap.lists.count - 1))
    }

    private mutating func pushMap(_ entries: [PickleHeap.Entry]) throws(GraftError) {
        try push(try map(entries))
    }

    mutating func map(_ entries: [PickleHeap.Entry]) throws(GraftError) -> PickleValue {
        try checkCount()
        heap.maps.append(entries)
        return .map(heap.maps.count - 1)
    }

    mutating func set(_ values: [PickleValue]) throws(GraftError) -> PickleValue {
        try checkCount()
        heap.lists.append(values)
        return .set(heap.lists.count - 1)
    }

    /// The index of an unknown name, for `heap.names`.
    mutating func label(_ name: String) -> Int {
        if let known = labels[name] { return known }
        heap.names.append(name)
        labels[name] = heap.names.count - 1
        return heap.names.count - 1
    }

    private mutating func append(_ values: [PickleValue]) throws(GraftError) {
        switch try top() {
        case .list(let index), .set(let index): heap.lists[index] += values
        case .opaque, .inert: break
        default: throw damaged("a value is appended to something else than a list")
        }
    }

    private mutating func assign(_ values: [PickleValue]) throws(GraftError) {
        guard values.count.isMultiple(of: 2) else { throw damaged("a key is set in something else than a dict") }
        switch try top() {
        case .map(let index):
            for at in stride(from: 0, to: values.count, by: 2) {
                heap.maps[index].append(PickleHeap.Entry(key: values[at], value: values[at + 1]))
            }
        case .opaque, .inert: break
        default: throw damaged("a key is set in something else than a dict")
        }
    }

    // MARK: Errors

    func damaged(_ message: String, expected: String? = nil, found: String? = nil) -> GraftError {
        GraftError(.damaged, message, file: file, member: place, expected: expected, found: found)
    }

    func refuse(_ what: String) -> GraftError {
        GraftError(
            .refused, "\(what), which building tensors does not need; nothing was executed", file: file, member: place,
            remedy: "save the tensors alone: torch.save(model.state_dict(), FILE)")
    }

    func tooLarge(_ what: String, _ limit: Int) -> GraftError {
        GraftError(.refused, "the pickle is too large: more than \(limit) \(what)", file: file, member: place)
    }

    private var place: String { "\(member ?? "pickle"), byte \(start)" }
}
