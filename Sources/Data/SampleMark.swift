import Images
import Zoo

/// The mark of pictures that are not photographs: a file named `SAMPLE` in the folder of the pictures or up to two above
/// it, whose first line says what they are. Reports repeat it wherever the pictures appear.
package enum SampleMark {
    static let fileName = "SAMPLE"

    /// What the mark of `folder` says, nil where there is none.
    package static func text(for folder: String) -> String? {
        for above in ["", "../", "../../"] {
            let place = PathText.join(folder, "\(above)\(fileName)")
            guard Folder.kind(of: place) == .file, let bytes = try? readFile(place, limit: 4095),
                let text = String(validating: bytes, as: UTF8.self)
            else { continue }
            return text.split(whereSeparator: \.isNewline).first.map(String.init)
                ?? "These pictures are computer-made samples, not photographs."
        }
        return nil
    }
}
