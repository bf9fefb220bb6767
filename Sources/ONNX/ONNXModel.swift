import SwiftProtobuf
package import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A model in the form of the Open Neural Network Exchange, IR version 8, opset 17.
///
/// Its input `image` is float32 `[batch, 3, H, W]` (channels first, as everywhere in ONNX) with the graph's H and W; its
/// output `logits` is `[batch, classes]`. The batch is free. Batch norms stand as they are: runtimes fold them.
package struct ONNXModel: Sendable {
    /// The input's name.
    package static let inputName = "image"
    /// The output's name.
    package static let outputName = "logits"
    /// Of the operator set that the nodes belong to.
    package static let opset = 17
    /// A protocol buffer has fewer than 2^31 bytes.
    private static let sizeLimit = Int(Int32.max) - (1 << 20)

    private let proto: ONNXModelProto

    /// - Parameters:
    ///   - weights: every parameter of the graph; more are ignored.
    ///   - layout: what of it is in 8 bits: those values go through `QuantizeLinear` and `DequantizeLinear`.
    ///   - metadata: texts for `metadata_props`, by key.
    ///   - name: the graph's name.
    /// - Throws: `GraftError` for weights that are missing, of another shape or too large, a graph that does not fit its
    ///   input.
    package init(
        _ graph: Graph, weights: StateDict, layout: ByteLayout = ByteLayout(), metadata: [String: String] = [:],
        name: String = "graft"
    ) throws(GraftError) {
        try Self.check(weights, for: graph)
        let shapes: [[Int]]
        do { shapes = try graph.shapes(input: graph.inputShape) } catch {
            throw GraftError(
                .shapeMismatch, error.message, parameter: error.context.parameter, expected: error.context.expected,
                found: error.context.found)
        }
        var list = NodeList()
        Self.describe(graph, shapes: shapes, weights: weights, layout: layout, in: &list)

        var description = ONNXGraphProto()
        description.name = name
        description.node = list.nodes
        description.initializer = list.constants
        description.input = [Self.value(Self.inputName, graph.inputShape)]
        description.output = [Self.value(Self.outputName, shapes[shapes.count - 1])]
        var operators = ONNXOperatorSetIdProto()
        operators.version = Int64(Self.opset)
        var proto = ONNXModelProto()
        proto.irVersion = 8
        proto.producerName = "graft"
        proto.producerVersion = Version.current
        proto.graph = description
        proto.opsetImport = [operators]
        proto.metadataProps = metadata.sorted { $0.key < $1.key }.map { key, value in
            var entry = ONNXStringStringEntryProto()
            entry.key = key
            entry.value = value
            return entry
        }
        self.proto = proto
    }

    /// The file's content. Equal models give equal bytes.
    /// - Throws: `GraftError.tooLarge`.
    package func bytes() throws(GraftError) -> [UInt8] {
        do {
            return try proto.serializedBytes()
        } catch {
            throw GraftError(.tooLarge, "the model cannot be written as a protocol buffer", found: "\(error)")
        }
    }

    private static func check(_ weights: StateDict, for graph: Graph) throws(GraftError) {
        var bytes = 0
        for parameter in graph.parameters {
            let found = weights[parameter.name]?.shape
            guard found == parameter.shape else {
                throw GraftError(
                    .weights, "the weights do not fit the model", parameter: parameter.name,
                    expected: Tensor.describe(parameter.shape), found: found.map(Tensor.describe) ?? "none")
            }
            bytes += 4 * parameter.count
        }
        guard bytes < sizeLimit else {
            throw GraftError(
                .tooLarge, "the model is too large for one ONNX file", expected: "less than 2 GiB",
                found: "\(bytes) bytes", remedy: "export it as .safetensors")
        }
    }

    /// An input or output: channels first, the batch free.
    private static func value(_ name: String, _ shape: [Int]) -> ONNXValueInfoProto {
        let order = shape.count == 3 ? [shape[2], shape[0], shape[1]] : shape
        var batch = ONNXTensorShapeProto.Dimension()
        batch.dimParam = "batch"
        var dimensions = ONNXTensorShapeProto()
        dimensions.dim = [batch]
        for extent in order {
            var dimension = ONNXTensorShapeProto.Dimension()
            dimension.dimValue = Int64(extent)
            dimensions.dim.append(dimension)
        }
        var tensor = ONNXTypeProto.Tensor()
        tensor.elemType = .float
        tensor.shape = dimensions
        var info = ONNXValueInfoProto()
        info.name = name
        info.type.tensorType = tensor
        return info
    }
}
