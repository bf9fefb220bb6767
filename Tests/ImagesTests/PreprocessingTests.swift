import Foundation
import Images
import TestSupport
import Testing
import Zoo

@Suite struct PreprocessingTests {
    /// Bit for bit: the fixtures hold torchvision's float32.
    @Test(arguments: [
        ("decoding", "values", 16, 16, Preprocessing.Interpolation.bicubic),
        ("resizing", "257x301", 41, 32, .bicubic),
        ("resizing", "257x301", 38, 31, .bilinear),
        ("resizing", "257x301", 320, 24, .bicubic),
        ("resizing", "90x301", 41, 32, .bicubic),
        ("resizing", "500x3", 40, 33, .bicubic),
        ("resizing", "3x500", 40, 33, .bilinear),
        ("resizing", "1x1", 17, 12, .bicubic),
    ])
    func tensorsAreTorchvisions(
        _ folder: String, _ name: String, _ resize: Int, _ crop: Int, _ filter: Preprocessing.Interpolation
    ) throws {
        let picture = try fixture(name == "values" ? "preprocessing/values.png" : "\(folder)/\(name).png")
        let bytes = try fixtureBytes("preprocessing/\(name)-\(filter.rawValue)-\(resize)-\(crop).f32")
        let expected = bytes.withUnsafeBytes { data in
            (0..<(data.count / 4)).map {
                Float(bitPattern: UInt32(littleEndian: data.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
            }
        }
        let preprocessing = Preprocessing.imageNet(resize: resize, crop: crop, interpolation: filter)
        let tensor = try preprocessing.tensor(of: picture)
        #expect(tensor.shape == [1, crop, crop, 3])
        #expect(tensor.elements == expected)

        var row = [Float](repeating: .nan, count: crop * crop * 3)
        try row.withUnsafeMutableBufferPointer { try preprocessing.write(picture, into: $0) }
        #expect(row == expected)
    }

    /// Files from before there was a choice leave it out, and so do those that make none.
    @Test func colorIsWrittenWhereItIsChosen() throws {
        let old = #"{"crop":32,"interpolation":"bicubic","mean":[0.5,0.5,0.5],"resize":41,"std":[0.5,0.5,0.5]}"#
        var preprocessing = try JSONDecoder().decode(Preprocessing.self, from: Data(old.utf8))
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(preprocessing.color == .srgb)
        #expect(String(decoding: try encoder.encode(preprocessing), as: UTF8.self) == old)
        preprocessing.color = .asIs
        let text = String(decoding: try encoder.encode(preprocessing), as: UTF8.self)
        #expect(text == old.replacingOccurrences(of: "{", with: #"{"color":"as_is","#))
        #expect(try JSONDecoder().decode(Preprocessing.self, from: Data(text.utf8)) == preprocessing)
        #expect(throws: (any Error).self) {
            try JSONDecoder().decode(
                Preprocessing.self, from: Data(text.replacingOccurrences(of: "as_is", with: "cmyk").utf8))
        }
    }

    @Test func memoryOfAnotherSize() throws {
        let picture = try fixture("resizing/1x1.png")
        var row = [Float](repeating: 0, count: 100)
        let error = #expect(throws: GraftError.self) {
            try row.withUnsafeMutableBufferPointer {
                try Preprocessing.imageNet(resize: 8, crop: 8, interpolation: .bicubic).write(picture, into: $0)
            }
        }
        #expect(error?.description == "the memory does not fit the prepared picture: expected 8x8x3 values, found 100")
    }

    @Test func impossiblePreprocessing() throws {
        let picture = try fixture("resizing/1x1.png")
        var preprocessing = Preprocessing.imageNet(resize: 8, crop: 9, interpolation: .bicubic)
        let error = #expect(throws: GraftError.self) { try preprocessing.tensor(of: picture) }
        #expect(
            error?.description
                == "preprocessing.resize: impossible preprocessing: expected 9 (crop) to 8192 pixels, found 8")
        preprocessing.crop = 8
        preprocessing.mean = []
        #expect(throws: GraftError.self) { try preprocessing.tensor(of: picture) }
    }
}
