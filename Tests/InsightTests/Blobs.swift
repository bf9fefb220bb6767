import Inference
import Insight
import TestSupport
import Zoo

/// Features as networks make them: a centre for each class, and something around it.
enum Blobs {
    static let width = 32

    /// - Parameter spread: of the pictures around the centre, whose length is about 3.
    static func draw(
        classes: Int, each count: Int, spread: Float = 0.8, name: String = "blobs", centre: String = "centres"
    ) throws -> (FeatureRows, [Int]) {
        let centres = HashFill.samples(centre, 16 * width).map(Float.init)
        let noise = HashFill.samples(name, classes * count * width).map(Float.init)
        let labels = (0..<classes * count).map { $0 % classes }
        let values = noise.indices.map { index in
            centres[labels[index / width] * width + index % width] + spread * noise[index]
        }
        return (try FeatureRows(count: labels.count, width: width, values: values), labels)
    }
}
