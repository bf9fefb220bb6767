import Foundation
import Images
import TestSupport
import Testing
import Zoo

@Suite struct ResizingTests {
    /// `WIDTHxHEIGHT-FILTER-WIDTHxHEIGHT.png`
    static let goldens =
        ((try? FileManager.default.contentsOfDirectory(atPath: Fixtures.path("images/resizing"))) ?? [])
        .filter { $0.contains("-") }.sorted()

    @Test func everyGoldenIsThere() {
        #expect(ResizingTests.goldens.count == 26)
    }

    @Test(arguments: goldens)
    func resizedPixelsArePillows(_ name: String) throws {
        let parts = name.split(separator: "-")
        let filter = try #require(Preprocessing.Interpolation(rawValue: String(parts[1])))
        let source = try fixture("resizing/\(parts[0]).png")
        let expected = try fixture("resizing/\(name)")
        let resized = try source.resized(width: expected.width, height: expected.height, interpolation: filter)
        #expect(resized == expected)
        func axis(_ input: Int, _ output: Int) -> ResamplingAxis {
            ResamplingAxis(input: input, output: output, range: 0..<output, filter: filter)
        }
        let portable = source.resized(
            axis(source.width, expected.width), axis(source.height, expected.height), portable: true)
        #expect(portable == expected)
    }

    @Test func partsEqualTheWhole() throws {
        let source = try fixture("resizing/257x301.png")
        let whole = try source.resized(width: 90, height: 77)
        let part = source.resized(
            ResamplingAxis(input: 257, output: 90, range: 13..<64, filter: .bicubic),
            ResamplingAxis(input: 301, output: 77, range: 76..<77, filter: .bicubic))
        #expect((part.width, part.height) == (51, 1))
        #expect(part.pixels == Array(whole.pixels[((76 * 90 + 13) * 3)..<((76 * 90 + 64) * 3)]))
    }

    @Test func sameSizeIsTheSamePicture() throws {
        let source = try fixture("resizing/257x301.png")
        #expect(try source.resized(width: 257, height: 301) == source)
        #expect(try source.resized(width: 257, height: 301, interpolation: .bilinear) == source)
    }

    @Test func thumbnails() throws {
        let source = try fixture("resizing/257x301.png")
        let small = try source.thumbnail(longSide: 50)
        #expect(small == (try source.resized(width: 43, height: 50)))
        #expect(try source.thumbnail(longSide: 301) == source)
        let wide = try fixture("resizing/500x3.png").thumbnail(longSide: 20)
        #expect((wide.width, wide.height) == (20, 1))
        #expect(throws: GraftError.self) { try source.thumbnail(longSide: 0) }
    }

    @Test(arguments: [
        (0, 5, "impossible size: expected 1 to 65500 columns and rows, found 0x5"),
        (65_501, 5, "impossible size: expected 1 to 65500 columns and rows, found 65501x5"),
        (20_000, 9_000, "impossible size: expected at most 178956970 pixels, on the way too, found 1x1 to 20000x9000"),
    ])
    func impossibleSizes(_ width: Int, _ height: Int, _ text: String) throws {
        let source = try fixture("resizing/1x1.png")
        let error = #expect(throws: GraftError.self) { try source.resized(width: width, height: height) }
        #expect(error?.description == text)
    }
}
