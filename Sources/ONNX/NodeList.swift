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

    /// Appends a node of one output.
    /// - Parameter name: the layer's path, for people; the output's name is unique without it.
    /// - Returns: the output's name.
    mutating func append(
        _ operation: String, _ inputs: [String], name: String, attributes: [ONNXAttributeProto] = []
    ) -> String {
        var node = ONNXNodeProto()
        node.opType = operation
        node.name = "\(name)/\(operation)_\(nodes.count)"
        node.input = inputs
        node.output = [node.name + ":0"]
        node.attribute = attributes
        nodes.append(node)
        return node.output[0]
    }

    /// Gives the last node's output another name.
    mutating func renameLastOutput(_ name: String) {
        nodes[nodes.count - 1].output = [name]
    }

    /// Adds a parameter of the model under its own name.
    mutating func constant(_ name: String, _ tensor: Tensor) -> String {
        guard known.insert(name).inserted else { return name }
        var constant = ONNXTensorProto()
        constant.name = name
        constant.dims = tensor.shape.map(Int64.init)
        constant.dataType = .float
        constant.rawData = tensor.elements.withUnsafeBytes { Data($0) }
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
    mutating func integers(_ values: [Int]) -> String {
        let name = "integers_" + values.map(String.init).joined(separator: "_")
        guard known.insert(name).inserted else { return name }
        var constant = ONNXTensorProto()
        constant.name = name
        constant.dims = [Int64(values.count)]
        constant.dataType = .int64
        constant.rawData = values.map { Int64($0).littleEndian }.withUnsafeBytes { Data($0) }
        constants.append(constant)
        return name
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
