import Images
import Inference
import Insight
import Numbers
import TestSupport
import Testing
import Zoo

struct DoctorTests {
    // MARK: copies

    @Test func `recompressed, resized, turned and mirrored pictures are copies`() throws {
        let original = try Drawn.scene(1), other = try Drawn.scene(2)
        let variants = [
            try Picture(bytes: original.jpeg(quality: 60), name: "jpeg"),
            try original.resized(width: 60, height: 45),
            try Drawn.mirrored(original), try Drawn.turned(original),
        ]
        let small = try SmallGrey(original)
        for variant in variants {
            #expect(try small.correlation(with: SmallGrey(variant)) > 0.98)
            // Features that say nothing: the hash alone finds them.
            let features = UnitRows(try FeatureRows(count: 2, width: 2, values: [1, 0, 0, 1]))
            let pairs = try CopySearch().pairs([small, SmallGrey(variant)], features: features, threads: 1)
            #expect(pairs.count == 1 && pairs.allSatisfy { $0.bits <= 4 }, "\(variant.width)x\(variant.height)")
        }
        #expect(try small.distance(to: SmallGrey(other)).bits > 4)
        #expect(try small.correlation(with: SmallGrey(other)) < 0.9)
    }

    @Test func `copies are in one fold, unless all pictures look alike`() {
        let near = [(0, 1), (1, 2)], equal = [(7, 8)]
        #expect(CopyGroup.folds(count: 9, equal: equal, near: near) == [0, 0, 0, 3, 4, 5, 6, 7, 7])
        let all = (1..<30).map { (0, $0) }
        #expect(CopyGroup.folds(count: 30, equal: [(3, 4)], near: all) == (0..<30).map { $0 == 4 ? 3 : $0 })
    }

    @Test func `pairs are found by hash or by features, and plain pictures are none`() throws {
        let original = try Drawn.scene(1)
        let plain = try Picture(width: 40, height: 30, pixels: [UInt8](repeating: 90, count: 40 * 30 * 3))
        let marked = try Drawn.marked(original)
        let pictures = try [original, original.resized(width: 50, height: 40), marked, plain, plain].map(SmallGrey.init)
        // The third is told by its features only; the fourth and fifth have the same ones.
        let features = try FeatureRows(
            count: 5, width: 3, values: [1, 0, 0, 0.3, 1, 0, 1, 0.1, 0, 0, 0, 1, 0, 0, 1])
        let rows = UnitRows(features)
        let pairs = CopySearch().pairs(pictures, features: rows, threads: 2)
        #expect(pairs.map { [$0.first, $0.second] } == [[0, 1], [0, 2]])
        #expect(pairs == CopySearch().pairs(pictures, features: rows, threads: 1))
        #expect(pictures[3].isFlat)
    }

    @Test func `a group is no chain`() {
        // 0 - 1 - 2 - 3 in a row, and 4 - 5.
        let groups = CopyGroup.groups(count: 6, pairs: [(0, 1), (1, 2), (2, 3), (4, 5)]) { $0 > $1 }
        #expect(
            groups == [
                CopyGroup(kept: 5, copies: [4]), CopyGroup(kept: 3, copies: [2]), CopyGroup(kept: 1, copies: [0]),
            ])
        #expect(CopyGroup.components(count: 6, pairs: [(0, 1), (1, 2), (2, 3), (4, 5)]) == [0, 0, 0, 0, 4, 4])
    }

    // MARK: labels

    @Test func `wrong labels come first`() throws {
        let (features, right) = try Blobs.draw(classes: 3, each: 60)
        var labels = right
        let wrong = [5, 17, 44, 90, 121, 122, 150, 171, 178]
        for index in wrong { labels[index] = (labels[index] + 1) % 3 }
        let rows = UnitRows(features)
        let answers = OutOfFold(features, labels: labels, classes: 3, folds: Folds(labels: labels), threads: 2)
        let found = LabelSuspects(
            answers, labels: labels, features: rows, groups: Array(labels.indices), threads: 2)
        #expect(Set(found.ranking.prefix(9).map(\.picture)) == Set(wrong))
        for suspect in found.ranking.prefix(9) { #expect(suspect.suggested == right[suspect.picture]) }
        #expect(found.suspects.count >= 9)
        #expect(!found.isWeakEvidence)
        #expect(
            found
                == LabelSuspects(answers, labels: labels, features: rows, groups: Array(labels.indices), threads: 1))
    }

    @Test func `a model that knows little is weak evidence`() throws {
        let (features, labels) = try Blobs.draw(classes: 3, each: 30, spread: 8)
        let answers = OutOfFold(features, labels: labels, classes: 3, folds: Folds(labels: labels), threads: 2)
        let found = LabelSuspects(
            answers, labels: labels, features: UnitRows(features), groups: Array(labels.indices), threads: 2)
        #expect(found.isWeakEvidence)
    }

    @Test func `a picture unlike its class is an outlier`() throws {
        let (features, labels) = try Blobs.draw(classes: 2, each: 40)
        let strange = HashFill.samples("strange", Blobs.width).map { Float($0) * 3 }
        let all = try FeatureRows(count: 81, width: Blobs.width, values: features.values + strange)
        let found = ClassOutliers.find(
            labels: labels + [1], classes: 2, features: UnitRows(all), groups: Array(0..<81), threads: 2)
        #expect(found.first?.picture == 80)
        #expect(found.count == 1)
    }

    // MARK: pictures

    @Test func `blank, dark, bright and blurred pictures are told from good ones`() throws {
        func faults(_ picture: Picture) throws -> [PictureQuality.Fault] {
            try PictureQuality(picture).faults.map(\.fault)
        }
        let scene = try Drawn.scene(3)
        #expect(try faults(scene) == [])
        #expect(try faults(Drawn.changed(scene) { _ in 128 }) == [.blank])
        #expect(try faults(Drawn.changed(scene) { $0 / 8 }) == [.dark])
        #expect(try faults(Drawn.changed(scene) { 255 - (255 - $0) / 10 }) == [.bright])
        let blurred = try scene.resized(width: 16, height: 12).resized(width: 256, height: 192)
        #expect(try faults(blurred) == [.blurred])
    }

    @Test func `a sharp thing on a plain ground is not blurred`() throws {
        let plain = try Drawn.boxOnPlain()
        #expect(try PictureQuality(plain).faults.isEmpty)
    }

    @Test func `facts of files`() throws {
        let picture = try Drawn.scene(1)
        let fine = FileFacts(width: 160, height: 120, file: try picture.jpeg(quality: 90))
        let coarse = FileFacts(width: 160, height: 120, file: try picture.jpeg(quality: 30))
        #expect(fine.format == "JPEG" && fine.quantisation > 0 && coarse.quantisation > 3 * fine.quantisation)
        #expect(FileFacts(width: 1, height: 1, file: [0xFF, 0xD8, 0xFF, 0xDB, 0xFF, 0xFF]).quantisation == 0)
        #expect(FileFacts.format(of: Array("RIFF....WEBPVP8 ".utf8)) == "WebP")
        #expect(FileFacts.format(ofName: "a.b.JPG") == "JPEG" && FileFacts.format(ofName: "jpg") == nil)
    }

    /// A JPEG file's bytes with an EXIF segment that names a camera.
    private static func taken(_ file: [UInt8], maker: String, model: String, bigEndian: Bool = false) -> [UInt8] {
        func number(_ value: Int, _ width: Int) -> [UInt8] {
            let bytes = (0..<width).map { UInt8(value >> (8 * $0) & 0xFF) }
            return bigEndian ? bytes.reversed() : bytes
        }
        let texts = [maker, model].map { Array($0.utf8) + [0] }
        var tiff = Array((bigEndian ? "MM" : "II").utf8) + number(42, 2) + number(8, 4) + number(2, 2)
        var place = 8 + 2 + 2 * 12 + 4
        for (tag, text) in zip([0x010F, 0x0110], texts) {
            tiff += number(tag, 2) + number(2, 2) + number(text.count, 4)
            tiff += text.count <= 4 ? text + [UInt8](repeating: 0, count: 4 - text.count) : number(place, 4)
            if text.count > 4 { place += text.count }
        }
        tiff += number(0, 4) + texts.filter { $0.count > 4 }.flatMap { $0 }
        let segment = Array("Exif\0\0".utf8) + tiff
        return Array(file.prefix(2)) + [0xFF, 0xE1, UInt8((segment.count + 2) >> 8), UInt8((segment.count + 2) & 0xFF)]
            + segment + file.dropFirst(2)
    }

    @Test func `the camera is read where a file names one`() throws {
        let file = try Drawn.scene(1).jpeg()
        func camera(_ maker: String, _ model: String, _ bigEndian: Bool = false) -> String? {
            CameraName.read(Self.taken(file, maker: maker, model: model, bigEndian: bigEndian))
        }
        #expect(camera("Canon", "Canon EOS 5D") == "Canon EOS 5D")
        #expect(camera("NIKON CORPORATION ", "D70", true) == "NIKON CORPORATION D70")
        #expect(camera("LG", "") == "LG")
        #expect(CameraName.read(file) == nil)
        // Cut anywhere, it is no camera and no crash.
        let whole = Self.taken(file, maker: "Canon", model: "EOS 5D")
        for length in 0..<120 {
            #expect([nil, "Canon", "Canon EOS 5D"].contains(CameraName.read(Array(whole.prefix(length)))))
        }
        #expect(FileFacts(width: 160, height: 120, file: whole).camera == "Canon EOS 5D")
        #expect(try Picture(bytes: whole, name: "taken.jpg") == Picture(bytes: file, name: "plain.jpg"))
    }

    // MARK: shortcuts

    @Test func `a class taken with another camera is named with shares`() {
        let labels = (0..<90).map { $0 % 3 }
        let cameras = labels.indices.map { labels[$0] == 2 ? "EOS" : $0 % 2 == 0 ? "D70" : "" }
        let facts = Shortcuts.Fact.each(cameras, least: 5) { "the camera \($0)" }
        #expect(facts.map(\.name) == ["the camera D70", "the camera EOS"])
        let found = Shortcuts().find(facts, labels: labels, classes: 3, threads: 2).filter { $0.label == 2 }
        #expect(found.map(\.fact) == ["the camera EOS"])
        #expect(found.map(\.usual) == [1] && found.map(\.otherUsual) == [0] && found.allSatisfy(\.isShare))
        // Of the others, one half has what the planted class lacks: nothing to name.
        let two = Shortcuts.Fact.each(labels.map { $0 == 2 ? "EOS" : "D70" }, least: 5) { $0 }
        let one = Shortcuts().find(two, labels: labels, classes: 3, threads: 2)
        #expect(one.map(\.label) == [2] && one.map(\.fact) == ["EOS"])
        #expect(Shortcuts.Fact.each(["a", "a", "b", ""], least: 2) { $0 }.map(\.name) == ["a"])
    }

    @Test func `a class of another size is named and clean sets are silent`() {
        let labels = (0..<120).map { $0 % 3 }
        let random = HashFill.samples("facts", 360)
        let clean = (0..<3).map { fact in
            Shortcuts.Fact("fact \(fact)", labels.indices.map { random[fact * 120 + $0] })
        }
        #expect(Shortcuts().find(clean, labels: labels, classes: 3, threads: 2) == [])
        let planted = Shortcuts.Fact("width", labels.map { $0 == 1 ? 640 : 512 })
        let found = Shortcuts().find(clean + [planted], labels: labels, classes: 3, threads: 2)
        let width = found.first { $0.label == 1 }
        #expect(
            width?.fact == "width" && abs((width?.distance ?? 0) - 1) < 1e-9 && width?.usual == 640
                && width?.otherUsual == 512)
        #expect(found == Shortcuts().find(clean + [planted], labels: labels, classes: 3, threads: 1))
    }
}
