import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Nodes and constants of an ONNX graph while it is being made.
struct NodeList {
    /// In the order of computation, as ONNX wants them.
    private(set) var nodes: [ONNXNodeProto] = []
    private(set) var constants: [ONNXTensorProto] = []
    private var known: Set<String> = []
    /// By the name of a value: what it is once it was rounded, and to which range.
    private var rounded: [String: (name: String, range: ByteRange)] = [:]

    /// Appends a node of one output.
    /// - Parameter name: the layer's path, for people; the output's name is unique without it.
    /// - Returns: the output's name.
    mutating func append(
        _ operation: String, _ inputs: [String], name: String, attributes: [ONNXAttributeProto] = []
    ) -> String {
        append(operation, inputs, outputs: 1, name: name, attributes: attributes)[0]
    }

    /// Appends a node of several outputs and returns their names.
    mutating func append(
        _ operation: String, _ inputs: [String], outputs: Int, name: String, attributes: [ONNXAttributeProto]
    ) -> [String] {
        var node = ONNXNodeProto()
        node.opType = operation
        node.name = "\(name)/\(operation)_\(nodes.count)"
        node.input = inputs
        node.output = (0..<outputs).map { "\(node.name):\($0)" }
        node.attribute = attributes
        nodes.append(node)
        return node.output
    }

    /// Gives the last node's output another name.
    mutating func renameLastOutput(_ name: String) {
        nodes[nodes.count - 1].output = [name]
    }

    /// Adds a parameter of the model under its own name.
    mutating func constant(_ name: String, _ tensor: Tensor) -> String {
        constant(name, tensor.shape, .float) { tensor.elements.withUnsafeBytes { Data($0) } }
    }

    /// Adds a constant, once whatever the number of its users.
    fileprivate mutating func constant(
        _ name: String, _ shape: [Int], _ type: ONNXTensorProto.DataType, _ bytes: () -> Data
    ) -> String {
        guard known.insert(name).inserted else { return name }
        var constant = ONNXTensorProto()
        constant.name = name
        constant.dims = shape.map(Int64.init)
        constant.dataType = type
        constant.rawData = bytes()
        constants.append(constant)
        return name
    }

    /// Adds a number, once whatever the number of its users.
    mutating func scalar(_ value: Float) -> String {
        constant("constant_\(value)", Tensor(shape: [], repeating: value))
    }
}

extension NodeList {
    /// Adds a list of whole numbers, once whatever the number of its users.
    /// - Parameter name: of a long one; nil for what the numbers say.
    mutating func integers(_ values: [Int], named name: String? = nil) -> String {
        let name = name ?? "integers_" + values.map(String.init).joined(separator: "_")
        return constant(name, [values.count], .int64) {
            values.map { Int64($0).littleEndian }.withUnsafeBytes { Data($0) }
        }
    }

    mutating func transpose(_ value: String, _ order: [Int], name: String) -> String {
        append("Transpose", [value], name: name, attributes: [.ints("perm", order)])
    }

    /// 0 keeps an extent.
    mutating func reshape(_ value: String, _ shape: [Int], name: String) -> String {
        append("Reshape", [value, integers(shape)], name: name)
    }

    /// A range of one axis.
    mutating func slice(_ value: String, _ range: Range<Int>, axis: Int, name: String) -> String {
        append(
            "Slice", [value, integers([range.lowerBound]), integers([range.upperBound]), integers([axis])], name: name)
    }
}

extension NodeList {
    /// A value rounded to the bytes of a range, as float32: what runtimes know an 8-bit network by.
    mutating func rounded(_ value: String, to range: ByteRange, name: String) -> String {
        if let known = rounded[value], known.range == range { return known.name }
        let scale = scalar(range.scale)
        let zero = constant("zero_\(range.zero)", [], .uint8) { Data([range.zero]) }
        let bytes = append("QuantizeLinear", [value, scale, zero], name: name)
        let result = append("DequantizeLinear", [bytes, scale, zero], name: name)
        rounded[value] = (result, range)
        // Rounding it again changes nothing.
        rounded[result] = (result, range)
        return result
    }

    /// A layer's weights and biases.
    /// - Parameters:
    ///   - shape: `[out, in, ...]`
    ///   - turned: whether the weights are wanted as `[in, out]`.
    mutating func parameters(of layer: ByteLayout.Layer, shape: [Int], turned: Bool, name: String) -> [String] {
        let outputs = layer.scales.count, size = layer.weights.count / max(1, outputs)
        let weights = constant("\(name).weight_int8", turned ? [size, outputs] : shape, .int8) {
            let bytes = layer.weights.map { UInt8(bitPattern: $0) }
            guard turned else { return Data(bytes) }
            return Data((0..<size * outputs).map { bytes[$0 % outputs * size + $0 / outputs] })
        }
        let biases = constant("\(name).bias_int32", [outputs], .int32) {
            layer.biases.map(\.littleEndian).withUnsafeBytes { Data($0) }
        }
        func vector(_ kind: String, _ values: [Float]) -> String {
            constant("\(name).\(kind)", [outputs], .float) { values.withUnsafeBytes { Data($0) } }
        }
        let scales = vector("weight_scale", layer.scales), units = vector("bias_scale", layer.units)
        return [
            append(
                "DequantizeLinear", [weights, scales], name: name, attributes: [.int("axis", turned ? 1 : 0)]),
            append("DequantizeLinear", [biases, units], name: name, attributes: [.int("axis", 0)]),
        ]
    }
}

extension ONNXAttributeProto {
    static func ints(_ name: String, _ values: [Int]) -> ONNXAttributeProto {
        var attribute = ONNXAttributeProto()
        attribute.name = name
        attribute.type = .ints
        attribute.ints = values.map(Int64.init)
        return attribute
    }

    static func int(_ name: String, _ value: Int) -> ONNXAttributeProto {
        var attribute = ONNXAttributeProto()
        attribute.name = name
        attribute.type = .int
        attribute.i = Int64(value)
        return attribute
    }

    static func float(_ name: String, _ value: Double) -> ONNXAttributeProto {
        var attribute = ONNXAttributeProto()
        attribute.name = name
        attribute.type = .float
        attribute.f = Float(value)
        return attribute
    }
}
