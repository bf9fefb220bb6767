import Images
import TestSupport
import Testing
import Zoo

/// The formats beside JPEG, PNG and WebP, against what Pillow reads.
@Suite struct FormatTests {
    @Test func report() throws {
        for name in fixtures(in: "formats") {
            do {
                let d = difference(try fixture(name), try fixture("\(name).expected.png"))
                print("REPORT \(name) \(d.map(String.init) ?? "size")")
            } catch { print("REPORT \(name) ERROR \(error)") }
        }
        for name in fixtures(in: "profiles") {
            do {
                let d = difference(try fixture(name), try fixture("\(name).expected.png"))
                let s = difference(try Picture(path: Fixtures.path("images/\(name)"), color: .asIs), try fixture("\(name).stored.png"))
                print("REPORT \(name) \(d.map(String.init) ?? "size") stored \(s.map(String.init) ?? "size")")
            } catch { print("REPORT \(name) ERROR \(error)") }
        }
    }
}
