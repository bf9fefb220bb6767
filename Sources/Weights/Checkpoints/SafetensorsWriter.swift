package import Zoo

/// Writes `.safetensors` files, which Hugging Face's libraries and timm read.
package enum Safetensors {
    /// Writes a model: the tensors, and its description under `__metadata__` (`graft.json`, `classes`, `preprocessing`).
    /// - Throws: as the method of texts.
    package static func write(
        _ weights: StateDict, model: ModelMetadata, storage: Storage = .float32, to path: String
    ) throws(GraftError) {
        let texts = try model.texts(file: path).merging(["format": "pt"]) { $1 }
        try write(weights, metadata: texts, storage: storage, to: path)
    }

    /// Writes tensors, one after the other in their order. Equal input gives equal bytes. The file appears whole or not at
    /// all.
    /// - Parameters:
    ///   - metadata: texts to go with them, under `__metadata__`.
    ///   - storage: how the values are kept.
    /// - Throws: `GraftError`: a value that is not finite, a name that the format keeps for itself, a file that cannot be
    ///   written.
    package static func write(
        _ weights: StateDict, metadata: [String: String] = [:], storage: Storage = .float32, to path: String
    ) throws(GraftError) {
        var items: [String] = []
        if !metadata.isEmpty {
            let texts = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
            items.append("\"__metadata__\":{\(texts.joined(separator: ","))}")
        }
        var position = 0
        for name in weights.names {
            guard name != "__metadata__" else {
                throw GraftError(.unwritable, "cannot name a tensor so", file: path, found: "'\(name)'")
            }
            guard let tensor = weights[name] else { continue }
            try tensor.checkWritable(name, to: path)
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            let isHalf = storage.isHalf(tensor)
            if isHalf { try tensor.checkHalf(name, to: path) }
            let end = position + tensor.elements.count * (isHalf ? 2 : 4)
            let dtype = isHalf ? "F16" : "F32"
            items.append(
                "\(quoted(name)):{\"dtype\":\"\(dtype)\",\"shape\":[\(shape)],\"data_offsets\":[\(position),\(end)]}")
            position = end
        }
        var header = [UInt8]("{\(items.joined(separator: ","))}".utf8)
        // Values at a multiple of 8 bytes, as the reference implementation pads.
        header += [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8)
        guard header.count <= SafetensorsHeader.lengthLimit else {
            throw GraftError(
                .unwritable, "the header is too large", file: path,
                expected: "at most \(SafetensorsHeader.lengthLimit) bytes", found: "\(header.count)")
        }
        let file = try AtomicFile(path: path)
        try file.write(LittleEndianBytes(UInt64(header.count)).bytes + header)
        for name in weights.names {
            guard let tensor = weights[name] else { continue }
            if storage.isHalf(tensor) {
                try tensor.halves.withUnsafeBufferPointer { values throws(GraftError) in
                    try file.write(UnsafeRawBufferPointer(values))
                }
            } else {
                try tensor.elements.withUnsafeBufferPointer { values throws(GraftError) in
                    try file.write(UnsafeRawBufferPointer(values))
                }
            }
        }
        try file.commit()
    }

    /// A JSON text.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{0}"..<" ":
                let code = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - code.count) + code
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

extension Tensor {
    /// - Throws: `GraftError.value` for a value that is not finite.
    func checkWritable(_ name: String, to file: String) throws(GraftError) {
        guard let index = elements.firstIndex(where: { !$0.isFinite }) else { return }
        throw GraftError(
            .value, "the tensor has a value that is not finite", file: file, member: name,
            found: "\(elements[index]) at index \(index)", remedy: "nothing was written")
    }
}
