import Zoo

/// What stands before the values of a `.npy` array: type, order, shape.
///
/// Layout: NumPy's `numpy.lib.format`, versions 1 to 3: magic, version, the header's length, then a Python dictionary
/// padded with blanks and a line feed.
struct NpyHeader: Hashable {
    let dtype: DType
    let shape: [Int]
    /// The first extent varies fastest, as in Fortran.
    let isFortran: Bool
    /// Each value's most significant byte comes first.
    let isBigEndian: Bool

    private static let magic: [UInt8] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]
    /// Longer ones describe records with hundreds of fields, not tensors.
    private static let limit = 16384

    /// Reads the header off the front of a member. What follows are the values.
    init(from reader: ZipMemberReader, file: String, member: String) throws(GraftError) {
        func damaged(_ message: String, expected: String? = nil, found: String? = nil) -> GraftError {
            GraftError(.damaged, message, file: file, member: member, expected: expected, found: found)
        }
        guard reader.remaining >= 10 else { throw damaged("not a .npy array: it is too short") }
        let start = try reader.read(10)
        guard start.starts(with: Self.magic) else { throw damaged("not a .npy array: it does not begin as one") }
        var length = Int(start[8]) | Int(start[9]) << 8
        switch start[6] {
        case 1: break
        case 2, 3:
            guard reader.remaining >= 2 else { throw damaged("not a .npy array: it is too short") }
            let more = try reader.read(2)
            length |= Int(more[0]) << 16 | Int(more[1]) << 24
        default:
            throw GraftError(
                .unsupported, "a .npy array of another version", file: file, member: member, expected: "1, 2 or 3",
                found: "\(start[6])")
        }
        guard length <= min(Self.limit, reader.remaining) else {
            throw damaged(
                "the array's header is too long", expected: "at most \(min(Self.limit, reader.remaining)) bytes",
                found: "\(length)")
        }
        let text = try reader.read(length)
        var parser = PythonLiteral(text)
        guard let dictionary = parser.headerDictionary() else {
            throw damaged("the array's header cannot be understood", found: "\(String(decoding: text, as: UTF8.self))")
        }
        isBigEndian = dictionary.descr.hasPrefix(">")
        let name = isBigEndian ? "<" + dictionary.descr.dropFirst() : dictionary.descr
        guard let dtype = Self.types[name] else {
            throw GraftError(
                .unsupported, "an array of a type that is not read", file: file, member: member,
                expected: "one of \(Self.types.keys.sorted().joined(separator: ", "))", found: "'\(dictionary.descr)'",
                remedy: Self.remedy(dictionary.descr))
        }
        self.dtype = dtype
        shape = dictionary.shape
        // A header of one extent or none means the same in both orders.
        isFortran = dictionary.isFortran && shape.count > 1
    }

    /// The header of an array in C order, with the length that NumPy would give it: a multiple of 64.
    static func bytes(shape: [Int], dtype: String = "<f4") -> [UInt8] {
        let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
        let text = "{'descr': '\(dtype)', 'fortran_order': False, 'shape': (\(extents)), }"
        let length = (10 + text.utf8.count + 1 + 63) / 64 * 64 - 10
        let blanks = [UInt8](repeating: UInt8(ascii: " "), count: length - text.utf8.count - 1)
        return magic + [1, 0, UInt8(length & 255), UInt8(length >> 8)] + Array(text.utf8) + blanks + [10]
    }

    private static let types: [String: DType] = [
        "<f4": .float32, "<f2": .float16, "<f8": .float64, "<i8": .int64, "<i4": .int32, "<i2": .int16, "<u8": .uint64,
        "<u4": .uint32, "<u2": .uint16, "|i1": .int8, "|u1": .uint8, "|b1": .bool,
    ]

    private static func remedy(_ descr: String) -> String {
        if descr.contains("O") { return "Python objects are never read: save it with .astype('float32')" }
        return "save it with .astype('float32')"
    }
}

/// The little of Python's syntax that a `.npy` header may contain, and nothing more.
private struct PythonLiteral {
    private let text: [UInt8]
    private var position = 0

    init(_ text: [UInt8]) { self.text = text }

    /// The three keys, each once, in any order. nil for anything else.
    mutating func headerDictionary() -> (descr: String, isFortran: Bool, shape: [Int])? {
        var descr: String?
        var isFortran: Bool?
        var shape: [Int]?
        guard take("{") else { return nil }
        while !take("}") {
            guard let key = string(), take(":") else { return nil }
            switch key {
            case "descr" where descr == nil: descr = string() ?? structured()
            case "fortran_order" where isFortran == nil: isFortran = bool()
            case "shape" where shape == nil: shape = tuple()
            default: return nil
            }
            guard take(",") || peek() == UInt8(ascii: "}") else { return nil }
        }
        guard peek() == nil, let descr, let isFortran, let shape else { return nil }
        return (descr, isFortran, shape)
    }

    /// The next byte that is not blank.
    private mutating func peek() -> UInt8? {
        while position < text.count, text[position] == 32 || text[position] == 10 { position += 1 }
        return position < text.count ? text[position] : nil
    }

    private mutating func take(_ word: String) -> Bool {
        guard peek() != nil, text[position...].starts(with: word.utf8) else { return false }
        position += word.utf8.count
        return true
    }

    private mutating func bool() -> Bool? { take("True") ? true : take("False") ? false : nil }

    private mutating func string() -> String? {
        guard let quote = peek(), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\""),
            let end = text[(position + 1)...].firstIndex(of: quote)
        else { return nil }
        defer { position = end + 1 }
        return String(validating: text[(position + 1)..<end], as: UTF8.self)
    }

    /// A list of fields, as records have one: passed over, to be refused by name.
    private mutating func structured() -> String? {
        guard peek() == UInt8(ascii: "["), let end = text[position...].firstIndex(of: UInt8(ascii: "]")) else {
            return nil
        }
        position = end + 1
        return "a record"
    }

    private mutating func tuple() -> [Int]? {
        guard take("(") else { return nil }
        var numbers: [Int] = []
        while !take(")") {
            var number = 0
            var digits = 0
            while let byte = peek(), (48...57).contains(byte) {
                let (tenfold, overflow) = number.multipliedReportingOverflow(by: 10)
                let (sum, carry) = tenfold.addingReportingOverflow(Int(byte) - 48)
                guard !overflow, !carry else { return nil }
                number = sum
                digits += 1
                position += 1
            }
            // NumPy's limit.
            guard digits > 0, numbers.count < 64 else { return nil }
            numbers.append(number)
            // Python 2 wrote long numbers as 3L.
            _ = take("L")
            guard take(",") || peek() == UInt8(ascii: ")") else { return nil }
        }
        return numbers
    }
}
