import Images
import TestSupport
import Testing
import Zoo

/// Pictures in other colours than sRGB, against what Pillow's ImageCms makes of them.
@Suite struct ProfileTests {
    private static let pictures = fixtures(in: "profiles").filter(FormatTests.isRead)

    private static func stored(_ name: String) throws -> Picture {
        try Picture(path: Fixtures.path("images/\(name)"), color: .asIs)
    }

    @Test(arguments: pictures)
    func colorsAreThoseOfImageCms(_ name: String) throws {
        // Of a lossy picture the decoded values may be one off, which a conversion makes more of near its gamut's edges.
        let isLossy =
            !name.hasSuffix("png") && !name.hasSuffix("webp") && !name.hasSuffix("tif") && !name.hasSuffix("jxl")
        let found = try #require(difference(fixture(name), fixture("\(name).expected.png")))
        #expect(found <= (isLossy ? 10 : 1))
    }

    @Test(arguments: pictures)
    func asIsIsAsStored(_ name: String) throws {
        let found = try #require(difference(Self.stored(name), fixture("\(name).stored.png")))
        #expect(found <= 1)
    }

    /// To the bit: the profile is there, and says sRGB, or nothing.
    @Test(arguments: ["profiles/srgb.jpg", "profiles/srgb.png", "profiles/damaged.jpg"])
    func picturesInSRGBKeepTheirBits(_ name: String) throws {
        #expect(try fixture(name) == Self.stored(name))
    }

    @Test(arguments: ["profiles/p3.jpg", "profiles/adobe.jpg", "profiles/gray.png", "profiles/long.jpg"])
    func othersDoNot(_ name: String) throws {
        let found = try #require(difference(fixture(name), Self.stored(name)))
        #expect(found > 10)
    }

    /// The parts of a JPEG's profile are numbered: with one missing there is no profile.
    @Test func aProfileThatIsNotWhole() throws {
        var bytes = try fixtureBytes("profiles/long.jpg")
        let name = Array("ICC_PROFILE\0".utf8)
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: name) })
        bytes[place + name.count] = 9
        #expect(try Picture(bytes: bytes, name: "a.jpg") == Self.stored("profiles/long.jpg"))
    }

    /// The same from many threads at once, which share one conversion.
    @Test func conversionsAreShared() async throws {
        let bytes = try fixtureBytes("profiles/p3.png")
        let expected = try Picture(bytes: bytes, name: "a.png")
        try await withThrowingTaskGroup(of: Picture.self) { group in
            for _ in 0..<64 { group.addTask { try Picture(bytes: bytes, name: "a.png") } }
            for try await picture in group { #expect(picture == expected) }
        }
    }
}
