import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The mark of pictures that are not photographs: a file named `SAMPLE` in the folder of the pictures or up to two above
/// it, whose first line says what they are. Reports repeat it wherever the pictures appear.
package enum SampleMark {
    static let fileName = "SAMPLE"

    /// What the mark of `folder` says, nil where there is none.
    package static func text(for folder: String) -> String? {
        for above in ["", "../", "../../"] {
            let place = PathText.join(folder, "\(above)\(fileName)")
            guard Folder.kind(of: place) == .file, Folder.size(of: place).map({ $0 < 4096 }) == true,
                let text = try? String(contentsOfFile: place, encoding: .utf8)
            else { continue }
            return text.split(whereSeparator: \.isNewline).first.map(String.init)
                ?? "These pictures are computer-made samples, not photographs."
        }
        return nil
    }
}
