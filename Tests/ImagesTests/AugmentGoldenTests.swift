import Foundation
import Images
import TestSupport
import Testing
import Zoo

private func content(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: Fixtures.path("augment/\(name)")))
}

/// Every change of a picture with given parameters, and whole recipes with drawn ones, against torchvision on Pillow's
/// pictures: to the bit.
@Suite struct AugmentGoldenTests {
    struct Change: Decodable, CustomTestStringConvertible {
        var change: String
        var value: Double
        var warping: String?
        var box: [Int]?
        var filter: String?

        var testDescription: String { "\(change) \(value) \(warping ?? filter ?? "") \(box ?? [])" }

        func apply(to picture: Picture) throws -> Picture? {
            let warping = Picture.Warping(rawValue: warping ?? "") ?? .nearest
            switch change {
            case "brightness": return picture.withBrightness(value)
            case "contrast": return picture.withContrast(value)
            case "saturation": return picture.withSaturation(value)
            case "sharpness": return picture.withSharpness(value)
            case "hue": return picture.withHueTurned(by: value)
            case "posterize": return picture.posterized(bits: Int(value))
            case "solarize": return picture.solarized(threshold: value)
            case "autocontrast": return picture.withAutomaticContrast()
            case "equalize": return picture.equalized()
            case "hflip": return picture.mirrored()
            case "vflip": return picture.upsideDown()
            case "rotate": return picture.rotated(degrees: value, warping)
            case "shear_x": return picture.shearedHorizontally(by: value, warping)
            case "shear_y": return picture.shearedVertically(by: value, warping)
            case "translate_x": return picture.shifted(right: Int(value), down: 0)
            case "translate_y": return picture.shifted(right: 0, down: Int(value))
            case "resized_crop":
                guard let box, let filter = filter.flatMap(Preprocessing.Interpolation.init) else { return nil }
                return try picture.cropped(to: Box(top: box[0], left: box[1], height: box[2], width: box[3]))
                    .resized(width: picture.width, height: picture.height, interpolation: filter)
            default: return nil
            }
        }
    }

    static let changes = (try? JSONDecoder().decode([Change].self, from: content("changes.json"))) ?? []
    static let picture = try? Picture(path: Fixtures.path("augment/picture.png"))
    static let sheet = try? Picture(path: Fixtures.path("augment/changes.png"))

    @Test func everyChangeIsThere() {
        #expect(Self.changes.count == 96)
        #expect(Self.sheet?.height == 96 * 30)
        #expect(Set(Self.changes.map(\.change)).count == 17)
    }

    @Test(arguments: changes.indices)
    func changedPixelsAreTorchvisions(_ index: Int) throws {
        let picture = try #require(Self.picture)
        let sheet = try #require(Self.sheet)
        let expected = sheet.cropped(to: Box(top: 30 * index, left: 0, height: 30, width: 40))
        let change = Self.changes[index]
        let found = try #require(try change.apply(to: picture), "\(change.testDescription)")
        #expect(found == expected, "\(change.testDescription): off by \(difference(found, expected) ?? -1)")
    }

    struct Recipe: Decodable {
        var augment: [String: OptionValue]
        var seed: UInt64
        var epoch: Int
        var index: Int
    }

    static let recipes = (try? JSONDecoder().decode([Recipe].self, from: content("recipes.json"))) ?? []

    @Test func everyRecipeIsThere() { #expect(Self.recipes.count == 17) }

    @Test(arguments: recipes.indices)
    func inputsAreTorchvisions(_ number: Int) throws {
        let recipe = Self.recipes[number]
        var options = Options(recipe.augment, path: "data.augment")
        let augmentation = try Augmentation(options: &options)
        let count = 24 * 24 * 3
        let expected = try content("recipes.f32").withUnsafeBytes { bytes in
            (number * count..<(number + 1) * count).map {
                Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
            }
        }
        var row = [Float](repeating: .nan, count: count)
        try row.withUnsafeMutableBufferPointer { row in
            try augmentation.write(
                try #require(Self.picture),
                preprocessing: .imageNet(resize: 26, crop: 24, interpolation: .bicubic), seed: recipe.seed,
                epoch: recipe.epoch, index: recipe.index, into: row)
        }
        #expect(row == expected)
    }

    /// To float32's precision.
    @Test func trivialAugmentsTable() throws {
        let table = try #require(
            try JSONSerialization.jsonObject(with: content("magnitudes.json")) as? [[Any]])
        #expect(table.count == 14)
        #expect(TrivialAugmentWide.Kind.allCases.count == 14)
        for (kind, row) in zip(TrivialAugmentWide.Kind.allCases, table) {
            #expect("\(kind)".lowercased() == (row[0] as? String)?.lowercased())
            let expected = try #require(row[1] as? [Double])
            #expect(expected.count == 31)
            for (bin, value) in expected.enumerated() {
                #expect(abs(kind.magnitude(bin) - value) <= 1.2e-7 * abs(value), "\(kind) \(bin)")
            }
            #expect(kind.isSigned == row[2] as? Bool, "\(kind)")
        }
    }
}
