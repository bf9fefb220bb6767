import Foundation
import Images
import TestSupport
import Zoo

/// The largest difference of any value; nil for pictures of different sizes.
func difference(_ a: Picture, _ b: Picture) -> Int? {
    guard a.width == b.width, a.height == b.height else { return nil }
    return zip(a.pixels, b.pixels).reduce(0) { max($0, abs(Int($1.0) - Int($1.1))) }
}

func fixture(_ name: String) throws -> Picture {
    try Picture(path: Fixtures.path("images/\(name)"))
}

func fixtureBytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: Fixtures.path("images/\(name)"))))
}

/// The names of a folder's files that have an expected picture beside them.
func fixtures(in folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: Fixtures.path("images/\(folder)"))) ?? []
    let suffix = ".expected.png"
    return names.filter { $0.hasSuffix(suffix) }.map { "\(folder)/\($0.dropLast(suffix.count))" }.sorted()
}

/// What reading those bytes as a file of that name says.
func message(_ bytes: [UInt8], _ name: String = "a.jpg", limits: ImageLimits = ImageLimits()) -> String {
    do {
        let picture = try Picture(bytes: bytes, name: name, limits: limits)
        return "\(picture.width)x\(picture.height)"
    } catch {
        return "\(error)"
    }
}

/// Numbers that are the same in every run (splitmix64).
struct FixedRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
