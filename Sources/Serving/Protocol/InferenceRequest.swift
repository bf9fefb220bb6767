package import Zoo

/// The body of an Open Inference Protocol request: JSON, and behind it the binary data of those inputs that say so.
package struct InferenceRequest: Sendable, Equatable {
    /// One tensor that the client sent.
    package struct Input: Sendable, Equatable {
        package enum Content: Sendable, Equatable {
            /// BYTES.
            case bytes([[UInt8]])
            /// FP32, row-major.
            case floats([Float])
        }

        package let name: String
        package let shape: [Int]
        package let content: Content
    }

    /// One tensor that the client wants.
    package struct Output: Sendable, Equatable {
        package let name: String
        /// The classification extension: this many classes as `value:index:label`, in place of the values.
        package let classes: Int?
        /// Whether it is to be binary; nil for what the whole request says.
        package let isBinary: Bool?
    }

    package let id: String?
    /// The client's deadline in microseconds from the request's arrival.
    package let timeout: Int?
    package let inputs: [Input]
    /// Nil for what the model answers by itself.
    package let outputs: [Output]?
    /// Whether outputs that do not say otherwise are binary.
    package let hasBinaryOutputs: Bool

    /// Reads a body.
    /// - Parameter headerLength: how many bytes of the body are JSON; nil for all of them.
    /// - Throws: `GraftError.badRequest` for what contradicts the protocol or itself.
    package init(_ body: [UInt8], headerLength: Int?) throws(GraftError) {
        guard !body.isEmpty else { throw GraftError(.badRequest, "the body is empty") }
        let length = headerLength ?? body.count
        guard length > 0, length <= body.count else {
            throw GraftError(
                .badRequest, "Inference-Header-Content-Length does not fit the body",
                expected: "at most \(body.count)", found: "\(length)")
        }
        let document = try JSONReader.read(body[..<length])
        guard case .object = document else { throw GraftError(.badRequest, "the request is no JSON object") }
        var binary = body[length...]

        id = try Self.optional(document, "id", "a text") { $0.text }
        let parameters = document["parameters"]
        timeout = try Self.optional(parameters, "timeout", "microseconds above 0") { value in
            value.integer.flatMap { $0 > 0 ? $0 : nil }
        }
        hasBinaryOutputs = try Self.optional(parameters, "binary_data_output", "true or false") { $0.flag } ?? false
        inputs = try Self.list(document["inputs"], "inputs") { value throws(GraftError) in
            try Input(value, binary: &binary)
        }
        guard !inputs.isEmpty else { throw GraftError(.badRequest, "a request without inputs") }
        try Self.checkNames(inputs.map(\.name), "input")
        guard binary.isEmpty else {
            throw GraftError(.badRequest, "binary data that belong to no input", found: "\(binary.count) bytes")
        }
        let wanted = try Self.list(document["outputs"], "outputs") { value throws(GraftError) in try Output(value) }
        try Self.checkNames(wanted.map(\.name), "output")
        outputs = wanted.isEmpty ? nil : wanted
    }

    private static func checkNames(_ names: [String], _ what: String) throws(GraftError) {
        guard Set(names).count == names.count else { throw GraftError(.badRequest, "an \(what) occurs twice") }
    }

    private static func list<Element>(
        _ value: JSONValue?, _ name: String, _ read: (JSONValue) throws(GraftError) -> Element
    ) throws(GraftError) -> [Element] {
        guard let value else { return [] }
        guard let elements = value.elements, elements.count <= 64 else {
            throw GraftError(.badRequest, "no list, or one of more than 64", parameter: name)
        }
        var result: [Element] = []
        for element in elements { result.append(try read(element)) }
        return result
    }

    /// A member that may be missing, but not be something else.
    static func optional<Value>(
        _ object: JSONValue?, _ name: String, _ expected: String, _ read: (JSONValue) -> Value?
    ) throws(GraftError) -> Value? {
        guard let value = object?[name], value != .null else { return nil }
        guard let result = read(value) else {
            throw GraftError(.badRequest, "not what it should be", parameter: name, expected: expected)
        }
        return result
    }
}

extension InferenceRequest.Output {
    fileprivate init(_ value: JSONValue) throws(GraftError) {
        guard let name = value["name"]?.text else { throw GraftError(.badRequest, "an output without a name") }
        let parameters = value["parameters"]
        guard parameters?["shared_memory_region"] == nil else {
            throw GraftError(.badRequest, "this server has no shared memory", parameter: name)
        }
        self.name = name
        classes = try InferenceRequest.optional(parameters, "classification", "a number of classes") { value in
            value.integer.flatMap { $0 > 0 ? $0 : nil }
        }
        isBinary = try InferenceRequest.optional(parameters, "binary_data", "true or false") { $0.flag }
    }
}

extension InferenceRequest.Input {
    /// - Parameter binary: what follows the JSON; this input's part is taken from its front.
    fileprivate init(_ value: JSONValue, binary: inout ArraySlice<UInt8>) throws(GraftError) {
        guard let name = value["name"]?.text else { throw GraftError(.badRequest, "an input without a name") }
        let (shape, count) = try Shape.read(value["shape"], of: name)
        guard let datatype = value["datatype"]?.text, datatype == "BYTES" || datatype == "FP32" else {
            throw GraftError(.badRequest, "a datatype that no input has", parameter: name, expected: "BYTES or FP32")
        }
        let parameters = value["parameters"]
        guard parameters?["shared_memory_region"] == nil else {
            throw GraftError(.badRequest, "this server has no shared memory", parameter: name)
        }
        let size = try InferenceRequest.optional(parameters, "binary_data_size", "a number of bytes") { value in
            value.integer.flatMap { $0 >= 0 ? $0 : nil }
        }
        self.name = name
        self.shape = shape
        if let size {
            guard value["data"] == nil else {
                throw GraftError(.badRequest, "data as JSON and binary at once", parameter: name)
            }
            guard size <= binary.count else {
                throw GraftError(
                    .badRequest, "the binary data are cut off", parameter: name, expected: "\(size) bytes",
                    found: "\(binary.count)")
            }
            let bytes = binary.prefix(size)
            binary = binary.dropFirst(size)
            content =
                datatype == "BYTES"
                ? .bytes(try BytesTensor.split(bytes, count: count, name: name))
                : .floats(try FloatTensor.read(bytes, count: count, name: name))
        } else {
            guard let data = value["data"] else { throw GraftError(.badRequest, "no data", parameter: name) }
            var elements = NestedElements(name: name, shape: shape)
            try elements.collect(data)
            content = try elements.content(isBytes: datatype == "BYTES", count: count)
        }
    }
}

/// The elements of JSON data: in one list, or nested exactly as the shape says.
private struct NestedElements {
    let name: String
    let shape: [Int]
    private var floats: [Float] = []
    private var bytes: [[UInt8]] = []

    init(name: String, shape: [Int]) {
        self.name = name
        self.shape = shape
    }

    func content(isBytes: Bool, count: Int) throws(GraftError) -> InferenceRequest.Input.Content {
        let found = isBytes ? bytes.count : floats.count
        guard found == count, isBytes ? floats.isEmpty : bytes.isEmpty else {
            throw GraftError(
                .badRequest, "the data do not fit the shape and the datatype", parameter: name,
                expected: "\(count) \(isBytes ? "texts" : "numbers")", found: "\(found)")
        }
        return isBytes ? .bytes(bytes) : .floats(floats)
    }

    mutating func collect(_ data: JSONValue) throws(GraftError) {
        guard let elements = data.arrayCount else { throw ragged }
        let isNested = if case .array(let values) = data { values.contains { $0.arrayCount != nil } } else { false }
        if isNested { try collect(data, level: 0) } else { try take(data, count: elements) }
    }

    private var ragged: GraftError {
        GraftError(.badRequest, "the data are not nested as the shape says", parameter: name)
    }

    private mutating func collect(_ data: JSONValue, level: Int) throws(GraftError) {
        guard level < shape.count, let count = data.arrayCount, count == shape[level] else { throw ragged }
        if level == shape.count - 1 { return try take(data, count: count) }
        guard case .array(let values) = data else { throw ragged }
        for value in values { try collect(value, level: level + 1) }
    }

    private mutating func take(_ data: JSONValue, count: Int) throws(GraftError) {
        switch data {
        case .numbers(let numbers):
            for number in numbers {
                let value = Float(number)
                guard value.isFinite else { throw GraftError(.badRequest, "a value past float32", parameter: name) }
                floats.append(value)
            }
        case .array(let values):
            for value in values {
                guard let text = value.text else { throw ragged }
                guard let decoded = Base64.decode(text) else {
                    throw GraftError(
                        .badRequest, "not base64", parameter: name,
                        remedy: "encode pictures in JSON as base64, or send them as binary data")
                }
                bytes.append(decoded)
            }
        default: throw ragged
        }
    }
}

extension JSONValue {
    /// The number of elements of an array; nil for what is none.
    fileprivate var arrayCount: Int? {
        switch self {
        case .array(let values): values.count
        case .numbers(let numbers): numbers.count
        default: nil
        }
    }
}
