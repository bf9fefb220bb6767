/// The answer to an Open Inference Protocol request: JSON, and behind it the binary data of those outputs that say so.
package struct InferenceAnswer: Sendable {
    /// One tensor of the answer.
    package struct Output: Sendable {
        package enum Content: Sendable {
            case floats([Float])
            case texts([String])
        }

        package let name: String
        package let shape: [Int]
        package let content: Content
        package let isBinary: Bool

        package init(name: String, shape: [Int], content: Content, isBinary: Bool) {
            self.name = name
            self.shape = shape
            self.content = content
            self.isBinary = isBinary
        }
    }

    package let model: String
    package let version: String
    package let id: String?
    package let outputs: [Output]

    package init(model: String, version: String, id: String?, outputs: [Output]) {
        self.model = model
        self.version = version
        self.id = id
        self.outputs = outputs
    }

    /// The body, and how much of it is JSON; nil for all of it.
    package var encoded: (body: [UInt8], headerLength: Int?) {
        var binary: [UInt8] = []
        var tensors: [JSONValue] = []
        for output in outputs {
            var members: [JSONValue.Member] = [
                .init("name", .string(output.name)), .init("datatype", .string(output.datatype)),
                .init("shape", .array(output.shape.map { JSONValue($0) })),
            ]
            if output.isBinary {
                let bytes = output.bytes
                members.append(.init("parameters", ["binary_data_size": JSONValue(bytes.count)]))
                binary += bytes
            } else {
                members.append(.init("data", output.data))
            }
            tensors.append(.object(members))
        }
        var members: [JSONValue.Member] = [
            .init("model_name", .string(model)), .init("model_version", .string(version)),
        ]
        if let id { members.append(.init("id", .string(id))) }
        members.append(.init("outputs", .array(tensors)))
        let head = JSONValue.object(members).bytes
        return outputs.contains(where: \.isBinary) ? (head + binary, head.count) : (head, nil)
    }
}

extension InferenceAnswer.Output {
    /// The name of its data type.
    fileprivate var datatype: String { if case .floats = content { "FP32" } else { "BYTES" } }

    fileprivate var bytes: [UInt8] {
        switch content {
        case .floats(let values): FloatTensor.bytes(values)
        case .texts(let texts): BytesTensor.join(texts.map { Array($0.utf8) })
        }
    }

    fileprivate var data: JSONValue {
        switch content {
        case .floats(let values): .floats(values)
        case .texts(let texts): .array(texts.map(JSONValue.string))
        }
    }
}

/// The classification extension's texts: `value:index:label`.
package enum Classification {
    /// The most probable of one row, the first one first; equal ones in their order.
    package static func top(_ count: Int, of values: [Float], classes: [String]) -> [String] {
        values.indices.sorted { (values[$1], $0) < (values[$0], $1) }.prefix(count).map { index in
            let label = index < classes.count ? ":\(classes[index])" : ""
            return "\(sixDigits(values[index])):\(index)\(label)"
        }
    }

    /// C's `%f`. A float32 times a million is exact in double precision, so that it is rounded once, as there.
    static func sixDigits(_ value: Float) -> String {
        guard value.isFinite, value.magnitude < 1e12 else { return "\(value)" }
        let millionths = Int((Double(value.magnitude) * 1e6).rounded(.toNearestOrEven))
        let fraction = String(millionths % 1_000_000)
        let sign = value.sign == .minus ? "-" : ""
        return "\(sign)\(millionths / 1_000_000).\(String(repeating: "0", count: 6 - fraction.count))\(fraction)"
    }
}
