import Data
import Foundation
import Learning
import Weights
import Zoo

/// The pictures that a model learns from while it is served: a folder of class folders, each picture with its features.
struct TaughtPictures {
    /// One picture.
    struct Picture {
        /// Below the folder.
        var file: String
        var label: Int
        let sha256: String
        let features: [Float]
        /// Kept out of training, to count on. Which ones depends on their content alone; never one that a person corrected.
        var isHeldOut: Bool
    }

    let folder: String
    var classes: [String]
    var pictures: [Picture] = []
    /// How many could not be read.
    var unreadable = 0

    /// - Parameters:
    ///   - classes: the model's; folders of other names are new classes.
    ///   - features: what the network's frozen part says of a picture's bytes.
    init(
        folder: String, classes: [String], corrected: Set<String>,
        features: ([UInt8]) throws(GraftError) -> [Float]
    ) throws(GraftError) {
        let found = try ImageFolder(path: folder)
        self.folder = folder
        self.classes = classes + found.classes.filter { !classes.contains($0) }
        let labels = Dictionary(uniqueKeysWithValues: self.classes.enumerated().map { ($1, $0) })
        for (picture, own) in zip(found.pictures, try found.labels(for: "learning from corrections")) {
            let file = String(picture.path.dropFirst(folder.count).drop { $0 == "/" })
            guard let label = labels[found.classes[own]],
                let bytes = FileManager.default.contents(atPath: picture.path).map({ [UInt8]($0) }),
                let values = try? features(bytes)
            else {
                unreadable += 1
                continue
            }
            add(file: file, label: label, bytes: bytes, features: values, isCorrected: corrected.contains(file))
        }
    }

    mutating func add(file: String, label: Int, bytes: [UInt8], features: [Float], isCorrected: Bool) {
        let sha256 = Hash.sha256(bytes)
        let isHeldOut = !isCorrected && (sha256.utf8.first.map { $0 == 0x30 || $0 == 0x37 || $0 == 0x64 } ?? false)
        pictures.append(
            Picture(file: file, label: label, sha256: sha256, features: features, isHeldOut: isHeldOut))
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
        (1...64).contains(name.count) && name == name.trimmingCharacters(in: .whitespaces)
            && name.unicodeScalars.allSatisfy { scalar in
                scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                    || " -_".unicodeScalars.contains(scalar)
            }
    }

    /// The ending of a picture's file, by its content.
    static func ending(of bytes: [UInt8]) -> String {
        bytes.starts(with: [0x89, 0x50]) ? "png" : bytes.starts(with: Array("RIFF".utf8)) ? "webp" : "jpg"
    }
}
