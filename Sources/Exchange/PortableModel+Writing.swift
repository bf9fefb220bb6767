import Engine
import ONNX
public import Weights
public import Zoo

/// What was written.
public struct WrittenModel: Sendable, Hashable {
    /// The file.
    public let path: String
    /// Its format.
    public let format: ModelFormat
    /// The number of tensors.
    public let tensors: Int
    /// The number of values.
    public let values: Int
    /// What a head alone is bound to.
    public let headOf: ModelMetadata.Base?
    /// What 16-bit storage changes; nil for float32.
    package let loss: StorageLoss?
}

extension PortableModel {
    /// Writes the model, in the format that the path's ending names. Equal models give equal bytes. The file appears whole
    /// or not at all, and carries a probe's logits for `SelfTest`.
    /// - Parameters:
    ///   - headOnly: without the backbone, bound to it by hash.
    ///   - storage: 16 bits for `.npz` and `.safetensors` only.
    /// - Throws: `GraftError.format` for an ending that is not known or cannot do what is asked; `GraftError` for a
    ///   file that cannot be written; `GraftError`.
    @discardableResult
    public func write(
        to path: String, headOnly: Bool = false, storage: Storage = .float32
    ) throws(GraftError) -> WrittenModel {
        let format = try ModelFormat(path: path)
        if storage == .float16, format == .pth || format == .onnx {
            throw GraftError(
                .format, "cannot keep this format's values in float16", file: path, expected: ".npz or .safetensors")
        }
        if headOnly, format == .onnx {
            throw GraftError(
                .format, "an ONNX file is a whole network, not a head", file: path,
                expected: ".npz, .safetensors or .pth")
        }
        let stored = try rounded(to: storage, headOnly: headOnly)
        let loss = storage == .float32 ? nil : try StorageLoss(self, rounded: stored.tensors)
        // A program that reads ONNX takes outputs as they come.
        let model = try (format == .onnx ? stored.calibrated() : stored).probed()
        let content = headOnly ? try model.head() : (tensors: model.tensors, metadata: model.metadata)
        switch format {
        case .npz:
            // Weights hardly shrink, and the highest levels take seconds for a per cent; a head is quickly done.
            try NPZ.write(
                content.tensors, metadata: content.metadata, storage: storage, to: path, level: headOnly ? 9 : 1)
        case .safetensors:
            try Safetensors.write(content.tensors, model: content.metadata, storage: storage, to: path)
        case .pth:
            try TorchCheckpoint.write(content.tensors, metadata: content.metadata, to: path)
        case .onnx:
            let graph = try model.model.graph(imageSize: Extent(metadata.preprocessing.crop))
            let texts = try content.metadata.texts(file: path)
            var layout = ByteLayout()
            if let quantization = metadata.quantization {
                layout = try ByteLayout(graph, weights: content.tensors, quantization: quantization)
            }
            try AtomicFile.write(
                try ONNXModel(
                    graph, weights: content.tensors, layout: layout, metadata: texts, name: metadata.backbone
                ).bytes(), to: path)
        }
        return WrittenModel(
            path: path, format: format, tensors: content.tensors.count, values: content.tensors.elementCount,
            headOf: content.metadata.headOf, loss: loss)
    }

    /// The same model with its temperature in the last layer, so that a softmax of its outputs is as sure as it should be.
    package func calibrated() throws(GraftError) -> PortableModel {
        guard let temperature = metadata.temperature else { return self }
        let graph = try model.graph(imageSize: Extent(metadata.preprocessing.crop))
        var metadata = metadata
        metadata.temperature = nil
        metadata.probe = nil
        if let layer = LastLinear(of: graph) {
            let scales = [Double](repeating: 1 / temperature, count: model.outputs)
            return PortableModel(
                self, tensors: layer.scaled(tensors, by: scales, plus: scales.map { _ in 0 }), metadata: metadata)
        }
        if model.pooling == .positions, let last = graph.nodes.last(where: { !$0.parameters.isEmpty }) {
            // What follows, a ReLU and a mean, passes a positive factor on.
            var tensors = tensors
            for parameter in last.parameters {
                tensors[parameter.name]?.withElements { values in
                    for index in values.indices { values[index] = Float(Double(values[index]) / temperature) }
                }
            }
            return PortableModel(self, tensors: tensors, metadata: metadata)
        }
        guard let last = graph.nodes.last, last.operation.hasScale, let name = last.parameters.last?.name,
            var scale = tensors[name]
        else { return self }
        scale.withElements { values in
            for index in values.indices { values[index] = Float(Double(values[index]) / temperature) }
        }
        var tensors = tensors
        tensors[name] = scale
        return PortableModel(self, tensors: tensors, metadata: metadata)
    }

    /// The model that a file of that storage gives back. Other numbers answer the probe otherwise. A head's base stays as
    /// it is, or the head would fit none.
    private func rounded(to storage: Storage, headOnly: Bool) throws(GraftError) -> PortableModel {
        let changing = headOnly ? try head().tensors : tensors
        let values = try changing.rounded(to: storage, file: name)
        var rounded = tensors
        for name in values.names { rounded[name] = values[name] }
        guard rounded != tensors else { return self }
        var metadata = metadata
        metadata.probe = nil
        return PortableModel(self, tensors: rounded, metadata: metadata)
    }
}
