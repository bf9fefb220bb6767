import Data
import Images
import Learning
import Weights
package import Zoo

/// The pictures that a model learns from while it is served: a folder of class folders, each picture with its features.
package struct TaughtPictures {
    /// One picture.
    package struct Picture {
        /// Below the folder.
        package var file: String
        package var label: Int
        let sha256: String
        let features: [Float]
        /// Kept out of training, to count on. Which ones depends on their content alone; never one that a person corrected.
        var isHeldOut: Bool
    }

    let folder: String
    package var classes: [String]
    package var pictures: [Picture] = []
    /// How many could not be read.
    package var unreadable = 0

    /// - Parameters:
    ///   - classes: the model's; folders of other names are new classes.
    ///   - corrected: the files that a person corrected, by the bytes of their names.
    ///   - features: what the network's frozen part says of a picture's bytes.
    package init(
        folder: String, classes: [String], corrected: Set<[UInt8]>,
        features: ([UInt8]) throws(GraftError) -> [Float]
    ) throws(GraftError) {
        let found = try ImageFolder(path: folder)
        self.folder = folder
        let known = Set(classes.map(\.byteKey))
        self.classes = classes + found.classes.filter { !known.contains($0.byteKey) }
        let labels = Dictionary(self.classes.enumerated().map { ($1.byteKey, $0) }) { first, _ in first }
        for (picture, own) in zip(found.pictures, try found.labels(for: "learning from corrections")) {
            let below = picture.path.utf8.dropFirst(folder.utf8.count).drop { $0 == UInt8(ascii: "/") }
            guard let file = String(below), let label = labels[found.classes[own].byteKey],
                let bytes = try? readFile(picture.path, limit: ImageLimits().fileBytes),
                let values = try? features(bytes)
            else {
                unreadable += 1
                continue
            }
            add(file: file, label: label, bytes: bytes, features: values, isCorrected: corrected.contains(file.byteKey))
        }
    }

    mutating func add(file: String, label: Int, bytes: [UInt8], features: [Float], isCorrected: Bool) {
        let sha256 = Hash.sha256(bytes)
        let isHeldOut = !isCorrected && (sha256.utf8.first.map { $0 == 0x30 || $0 == 0x37 || $0 == 0x64 } ?? false)
        pictures.append(
            Picture(file: file, label: label, sha256: sha256, features: features, isHeldOut: isHeldOut))
    }

    /// The class whose folder a file below this one is in.
    package func label(ofFile file: String) -> Int? {
        let folder = String(file.utf8.prefix { $0 != UInt8(ascii: "/") })?.shown
        return classes.firstIndex { $0.byteKey == folder?.byteKey }
    }

    /// What can be learnt from, or counted on.
    func features(where isWanted: (Picture) -> Bool) throws(GraftError) -> LabeledFeatures {
        let wanted = pictures.filter(isWanted)
        return LabeledFeatures(
            features: try Tensor(
                shape: [wanted.count, wanted.first?.features.count ?? 0], elements: wanted.flatMap(\.features)),
            labels: wanted.map(\.label))
    }

    /// A name for a folder: letters, digits, spaces, `-` and `_`, whoever sends it.
    static func isClassName(_ name: String) -> Bool {
        (1...64).contains(name.count) && name.first != " " && name.last != " "
            && name.unicodeScalars.allSatisfy { scalar in
                scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                    || " -_".unicodeScalars.contains(scalar)
            }
    }

    /// The ending that a file has: short, of letters and digits.
    static func ending(ofFile file: String) -> String {
        let parts = PathText.name(of: file).split(separator: ".")
        guard parts.count > 1, let last = parts.last, last.utf8.count <= 5,
            last.unicodeScalars.allSatisfy({
                $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil)
            })
        else { return "jpg" }
        return String(last)
    }

    /// The ending of a picture's file, by its content.
    static func ending(of bytes: [UInt8]) -> String {
        bytes.starts(with: [0x89, 0x50]) ? "png" : bytes.starts(with: Array("RIFF".utf8)) ? "webp" : "jpg"
    }
}
